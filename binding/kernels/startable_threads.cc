#include "kernels/startable_threads.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
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

/// Returns the size of the stacks that the C library makes.
std::size_t own_stack_size() {
  constexpr std::size_t kWithoutLimit = std::size_t{8} << 20;
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kWithoutLimit;
  return limit.rlim_cur;
}

/// Returns how many threads, at most `most`, fit into 7/8 of the addresses that the process may still use. V8
/// ends the process if its garbage collection finds none while threads are tried.
int fitting(int most, std::size_t stack_size) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return most;
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const auto used = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
  const auto each = std::max<std::size_t>(own_stack_size() + stack_size, 1);
  return static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(most), left / 8 * 7 / each));
}

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
  const int started = start(fitting(most, stack_size), stack_size);
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
