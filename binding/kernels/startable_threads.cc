#include "kernels/startable_threads.h"

#include <sys/mman.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace dcgan {

namespace {

/// Threads that others may need: libuv's pool, LibTorch and workers.
constexpr int kSpare = 16;

/// Returns the size of stacks that OMP_STACKSIZE gives the threads of libgomp, as libgomp reads it: a number
/// of KiB, or with a unit. 0: the system's.
std::size_t openmp_stack_size() {
  const char* text = std::getenv("OMP_STACKSIZE");
  if (text == nullptr) text = std::getenv("GOMP_STACKSIZE");
  if (text == nullptr) return 0;
  char* end = nullptr;
  const auto number = std::strtoull(text, &end, 10);
  while (std::isspace(static_cast<unsigned char>(*end)) != 0) ++end;
  int shift = 10;
  switch (std::tolower(static_cast<unsigned char>(*end))) {
    case 'b':
      shift = 0;
      break;
    case 'm':
      shift = 20;
      break;
    case 'g':
      shift = 30;
      break;
    default:
      break;
  }
  return number > std::numeric_limits<std::size_t>::max() >> shift ? std::numeric_limits<std::size_t>::max()
                                                                   : number << shift;
}

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
int start(int most) {
  const auto stack_size = openmp_stack_size();
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

}  // namespace

int startable_threads(int wanted) {
  if (wanted <= 1) return 1;
  const int most = wanted - 1 + kSpare;
  const int started = start(most);
  // Half is left to the rest of the process.
  return started == most ? wanted : 1 + std::min(wanted - 1, started / 2);
}

}  // namespace dcgan
