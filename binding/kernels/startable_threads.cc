#include "kernels/startable_threads.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace dcgan::kernels {

namespace {

/// Threads that others may need: libuv's pool, LibTorch and workers.
constexpr int kSpare = 16;

/// Memory for a stack, mapped as the C library maps it.
class Stack {
 public:
  explicit Stack(std::size_t size)
      : size_(size),
        begin_(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (begin_ == MAP_FAILED) throw std::system_error(errno, std::generic_category());
  }
  ~Stack() {
    if (begin_ != nullptr) munmap(begin_, size_);
  }
  Stack(Stack&& other) noexcept : size_(other.size_), begin_(std::exchange(other.begin_, nullptr)) {}
  Stack& operator=(Stack&&) = delete;

 private:
  std::size_t size_;
  void* begin_;
};

/// Starts up to `most` threads that live at the same time. Returns how many that were.
int start(int most, std::size_t stack_size) {
  std::vector<Stack> stacks;
  std::vector<std::thread> threads;
  std::mutex gate;
  try {
    const std::lock_guard lock(gate);
    for (int i = 0; i < most; ++i) {
      if (stack_size > 0) stacks.emplace_back(stack_size);
      threads.emplace_back([&gate] { const std::lock_guard lock(gate); });
    }
  } catch (const std::exception&) {
    // Too little memory, or too many threads.
  }
  for (auto& thread : threads) thread.join();
  return static_cast<int>(threads.size());
}

/// Returns how many threads, at most `wanted`, a team of the calling thread may have.
int startable_threads(int wanted, std::size_t stack_size) {
  if (wanted <= 1) return 1;
  const int most = wanted - 1 + kSpare;
  const int started = start(most, stack_size);
  // Half is left to the rest of the process.
  return started == most ? wanted : 1 + std::min(wanted - 1, started / 2);
}

}  // namespace

int start_threads(int wanted, std::size_t stack_size, const std::function<void(int)>& start) {
  static std::mutex starting;
  const std::lock_guard lock(starting);
  const int threads = startable_threads(wanted, stack_size);
  start(threads);
  return threads;
}

}  // namespace dcgan::kernels
