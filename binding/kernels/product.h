#pragma once

#include "kernels/arithmetic.h"

namespace dcgan::kernels {

/// The sizes of C (M × N) (+)= A (M × K) B (K × N). All are row-major, B in the right operand's form
/// (packed_index). Rows of A are `lda` apart, rows of C `ldc`.
struct ProductSize {
  Index m;
  Index n;
  Index k;
  Index lda;
  Index ldc;
};

/// A float32 product. product.cc is compiled once for each level, like elementwise.cc.
using Product = void (*)(ProductSize size, const float* a, const float* b, float* c, bool add);

/// Returns the product compiled for this processor.
Product product();

}  // namespace dcgan::kernels
