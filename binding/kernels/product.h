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

/// The indices of two pixels, or of a product's left and right plane.
struct Pair {
  Index left;
  Index right;
};

/// Products with the images of some pixels as rows: for each pair, the left pixel's images × K times B (K ×
/// N) are added to the right pixel's images × N. Maps lie as [pixel][image][channel].
struct PixelProduct {
  const Pair* pairs;
  Index count;
  Index images;
  Index n;
  Index k;
};

/// The products in float32. product.cc is compiled once for each level, like elementwise.cc. In all of them,
/// an element of the result takes its products one after another, in the order of k.
struct Products32 {
  void (*multiply)(ProductSize size, const float* a, const float* b, float* c, bool add);
  void (*add_pixels)(PixelProduct product, const float* a, const float* b, float* c);
};

/// Returns the products compiled for this processor.
const Products32& products32();

}  // namespace dcgan::kernels
