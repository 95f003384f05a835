#pragma once

namespace dcgan {

/// Returns the number of CPU threads that LibTorch uses for one operation by default.
int default_threads();

/// Sets how many CPU threads one operation uses when the calling thread starts it. Other threads and the
/// process's settings stay as they are; at::set_num_threads() would change both. Starts the threads, and
/// returns how many there are: fewer than wanted if the process may not have so many.
int use_threads(int wanted);

/// While it exists, MKL uses one thread for the calling thread's operations. In a parallel region MKL has
/// only one thread anyway, but without this it would divide the work into parts for more threads, and round
/// differently.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace dcgan
