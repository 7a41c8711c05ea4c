// Preloaded into a program, counts what it takes from the heap, in a file that others map
// (COUNTED_HEAP): progress without a message.
//
// Every field of the page is a 64-bit little-endian integer (heap_page.py reads it).
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// glibc's own, under the names that stay reachable when malloc is another's.
extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT
void* __libc_realloc(void* old, std::size_t size);               // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT
}

namespace {

struct Page {
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint64_t> bytes;  // asked for
};

constinit Page unmapped{};  // what is counted before the file is mapped
constinit std::atomic<Page*> page{&unmapped};

__attribute__((constructor)) void MapPage() {
  const char* path = std::getenv("COUNTED_HEAP");
  if (path == nullptr) return;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) page = static_cast<Page*>(mapped);
}

void Count(std::size_t size) {
  Page* counts = page.load(std::memory_order_relaxed);
  counts->allocations.fetch_add(1, std::memory_order_relaxed);
  counts->bytes.fetch_add(size, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  Count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  Count(count * size);
  return __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
  Count(size);
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  Count(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}

}  // extern "C"
