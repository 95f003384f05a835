#pragma once

namespace dcgan {

/// CPU threads that LibTorch chooses by itself for one operation.
int default_threads();

/// Sets how many CPU threads one operation uses when the calling thread starts it. No other thread, and no
/// setting of the process, changes: at::set_num_threads() would change both.
void use_threads(int threads);

}  // namespace dcgan
