#include "kernels/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>

// MKL's own count for one thread. Its symbol is there where LibTorch was built with MKL.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace dcgan {

int default_threads() {
  static const int threads = at::get_num_threads();
  return threads;
}

void use_threads(int threads) {
  // LibTorch initialises a thread at its first question, with the process's value: that must come first.
  at::get_num_threads();
  omp_set_num_threads(threads);
  if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(threads);
}

OneThread::OneThread() : before_(MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(1)) {}

OneThread::~OneThread() {
  if (MKL_Set_Num_Threads_Local != nullptr) MKL_Set_Num_Threads_Local(before_);
}

}  // namespace dcgan
