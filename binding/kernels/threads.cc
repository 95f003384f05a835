#include "kernels/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <atomic>
#include <mutex>

#include "kernels/startable_threads.h"

// Sets MKL's number of threads for the calling thread. The symbol exists if LibTorch was built with MKL.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace dcgan {

int default_threads() {
  static const int threads = at::get_num_threads();
  return threads;
}

int use_threads(int wanted) {
  // LibTorch's first call on a thread sets the process's number. Call it before setting our own.
  at::get_num_threads();
  static std::mutex starting;
  // Otherwise two models could rely on the same threads.
  const std::lock_guard lock(starting);
  const int threads = startable_threads(wanted);
  omp_set_num_threads(threads);
  if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(threads);
  // Starts the team now, before other threads take its place.
  std::atomic<int> started{0};
#pragma omp parallel
  ++started;
  return threads;
}

OneThread::OneThread() : before_(MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(1)) {}

OneThread::~OneThread() {
  if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(before_);
}

}  // namespace dcgan
