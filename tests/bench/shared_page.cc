#include "tests/bench/shared_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace windrow::bench {

SharedPage& MapSharedPage(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* page = file < 0 ? MAP_FAILED
                        : mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE,
                               MAP_SHARED, file, 0);
  if (page == MAP_FAILED) {
    std::perror(path.c_str());
    std::exit(2);
  }
  close(file);
  return *static_cast<SharedPage*>(page);
}

std::uint64_t NowNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace windrow::bench
