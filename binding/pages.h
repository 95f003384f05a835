#pragma once

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

namespace dcgan {

/// Allocates memory that std::free() frees, aligned for the widest vector. The first use of a page costs two
/// microseconds, more than computing what is written to it. So large memory has huge pages, where the system
/// allows that. Throws std::bad_alloc; WebAssembly stops.
inline void* allocate_pages(std::size_t size) {
  constexpr std::size_t kCacheLine = 64, kHugePage = std::size_t{2} << 20;
  const bool large = size >= kHugePage;
  void* memory = nullptr;
  if (posix_memalign(&memory, large ? kHugePage : kCacheLine, size) != 0) {
#ifdef __wasm__
    __builtin_trap();
#else
    throw std::bad_alloc();
#endif
  }
#ifdef __linux__
  if (large) madvise(memory, size, MADV_HUGEPAGE);
#endif
  return memory;
}

template <class T>
struct PageAllocator {
  using value_type = T;

  PageAllocator() = default;
  template <class U>
  PageAllocator(const PageAllocator<U>&) {}

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_pages(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  bool operator==(const PageAllocator&) const = default;
};

/// The values of a tensor.
using Bytes = std::vector<std::byte, PageAllocator<std::byte>>;
using Floats = std::vector<float, PageAllocator<float>>;

}  // namespace dcgan
