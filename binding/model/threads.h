#pragma once

#include "kernels/team.h"

namespace dcgan {

/// Returns the number of CPU threads that LibTorch uses for one operation by default.
int default_threads();

/// Sets how many CPU threads an operation of LibTorch uses when the calling thread starts it. Other threads
/// and the process's settings stay as they are; at::set_num_threads() would change both. Starts the threads,
/// and returns how many there are: fewer than wanted if the process may not have so many.
int use_threads(int wanted);

/// While it exists, the operations of LibTorch that the calling thread starts use one thread.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
  int before_mkl_;
};

/// Calls `task(i)` for i in [0, count), in parallel on the model's threads. Each task runs on one thread, so
/// that LibTorch's results in it do not depend on the number of threads.
template <class Task>
void each_alone(kernels::Index count, const Task& task) {
  kernels::each(count, [&](kernels::Index i) {
    const OneThread one_thread;
    task(i);
  });
}

}  // namespace dcgan
