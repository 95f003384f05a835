#pragma once

namespace dcgan {

/// CPU threads that LibTorch chooses by itself for one operation.
int default_threads();

/// Sets how many CPU threads one operation uses when the calling thread starts it. No other thread, and no
/// setting of the process, changes: at::set_num_threads() would change both.
void use_threads(int threads);

/// While it lives, MKL uses one thread for what the calling thread asks it for. In a parallel region it would
/// anyway, but with the blocks, and so the last bits, that it chooses for the number that was set.
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
