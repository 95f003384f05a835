#include "model/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <atomic>
#include <cctype>
#include <cstdlib>
#include <limits>

#include "kernels/startable_threads.h"

// Sets MKL's number of threads for the calling thread. The symbol exists if LibTorch was built with MKL.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace dcgan {

static int set_mkl_threads(int threads) {
  return MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(threads);
}

/// Returns the size of stacks that OMP_STACKSIZE gives the threads of libgomp, as libgomp reads it: a number
/// of KiB, or with a unit. 0: the system's.
static std::size_t stack_size() {
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

int default_threads() {
  static const int threads = at::get_num_threads();
  return threads;
}

int use_threads(int wanted) {
  // LibTorch's first call on a thread sets the process's number. Call it before setting our own.
  at::get_num_threads();
  return kernels::start_threads(wanted, stack_size(), [](int threads) {
    omp_set_num_threads(threads);
    set_mkl_threads(threads);
    // Starts the team now, before other threads take its place.
    std::atomic<int> started{0};
#pragma omp parallel
    ++started;
  });
}

OneThread::OneThread() : before_(at::get_num_threads()), before_mkl_(set_mkl_threads(1)) {
  omp_set_num_threads(1);
}

OneThread::~OneThread() {
  omp_set_num_threads(before_);
  set_mkl_threads(before_mkl_);
}

}  // namespace dcgan
