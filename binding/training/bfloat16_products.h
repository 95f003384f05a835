#pragma once

namespace dcgan {

/// Returns true if LibTorch has micro-kernels for bfloat16 that run on this processor.
bool bfloat16_products_run();

/// Chooses whether products in bfloat16 are multiply_plainly()'s from now on, in the whole process. For tests
/// alone.
void use_plain_bfloat16(bool plain);

}  // namespace dcgan
