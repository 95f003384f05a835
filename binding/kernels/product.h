#pragma once

#include "kernels/arithmetic.h"

namespace dcgan::kernels {

/// The sizes of C (M × N) (+)= A (M × K) B (K × N). B is in the right operand's form (packed_index), and C is
/// row-major with rows `ldc` apart. Element (m, k) of A is at m · lda + k · step: with `lda` 1, A is the
/// transpose of a row-major matrix.
struct ProductSize {
  Index m;
  Index n;
  Index k;
  Index lda;
  Index ldc;
  Index step = 1;
};

/// A float32 product. product.cc is compiled once for each level, like elementwise.cc.
using Product = void (*)(ProductSize size, const float* a, const float* b, float* c, bool add);

/// Returns the product compiled for this processor.
Product product();

}  // namespace dcgan::kernels
