# The libraries that Windrow stands on, and the functions that declare its own targets.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)

# windrow_module(NAME SOURCES … DEPS …): a static library windrow_NAME.
function(windrow_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(windrow_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(windrow_${name} PUBLIC windrow_flags ${ARG_DEPS})
endfunction()

# windrow_program(NAME SOURCES … DEPS …): an executable in the build folder's bin/.
function(windrow_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE windrow_flags ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# windrow_test(NAME LABEL … [GRPC] SOURCES … DEPS … [DEFINES …]): a GoogleTest program, one
# ctest entry, built by the target windrow_tests. With GRPC it talks gRPC or makes its
# messages, and has the label grpc too: Debian's libraries of these are not built for the
# thread sanitizer, which reports races in gRPC that are none, and with which Protobuf's
# maps are laid out in another way. So such a test is not there in that preset.
add_custom_target(windrow_tests)
function(windrow_test name)
  cmake_parse_arguments(ARG "GRPC" "LABEL;TIMEOUT" "SOURCES;DEPS;DEFINES" ${ARGN})
  if(ARG_GRPC AND WINDROW_SANITIZE STREQUAL "thread")
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE windrow_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_dependencies(windrow_tests ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(WINDROW_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4")
  endif()
  if(ARG_GRPC)
    list(APPEND ARG_LABEL grpc)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
  if(WINDROW_SANITIZE MATCHES "address")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
      "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/leaks.supp")
  endif()
endfunction()
