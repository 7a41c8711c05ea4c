# One place for language, warnings, hardening and sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

option(WINDROW_WERROR "Treat warnings as errors" ON)
set(WINDROW_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(WINDROW_FUZZ "Build the fuzzers of tests/fuzz, which takes Clang" OFF)

# Dev has no flags of its own: not optimised, so quick to compile, and assertions are on. For
# a debugger: -DCMAKE_CXX_FLAGS_DEV=-g.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)

find_program(WINDROW_CCACHE ccache)
if(WINDROW_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${WINDROW_CCACHE}")
endif()
find_program(WINDROW_MOLD mold)
if(WINDROW_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Everything of ours is compiled with these; generated code is not (cmake/WindrowModules).
add_library(windrow_flags INTERFACE)
target_include_directories(windrow_flags INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(windrow_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wnon-virtual-dtor -Wno-missing-field-initializers $<$<BOOL:${WINDROW_WERROR}>:-Werror>)
add_compile_options(-fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS
    -fstack-clash-protection -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
if(WINDROW_SANITIZE)
  add_compile_options(-fsanitize=${WINDROW_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WINDROW_SANITIZE})
  add_compile_definitions(WINDROW_SANITIZED)
  if(WINDROW_SANITIZE STREQUAL "thread")
    # It does not know fences, which Boost.Asio has beside its locks.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
if(WINDROW_FUZZ)
  # Counts what code an input reaches; the fuzzers alone get libFuzzer and its main.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
