#pragma once

#include <vector>

#include "kernels/product.h"
#include "sizes.h"

namespace dcgan::kernels {

/// Groups of products. The products of a group are summed to one result.
using Groups = std::vector<std::vector<Pair>>;

/// A convolution as sums of matrix products, on maps that lie as [pixel][image][channel]. There is one
/// product for each input pixel and output pixel that a tap of the kernel connects. A tap outside the map has
/// no product, so nothing is multiplied by padding. This saves a third of the work of a 5 × 5 kernel on 7 × 7
/// pixels.
struct Taps {
  Groups forward;   // by output pixel: input pixel × tap
  Groups backward;  // by input pixel: output pixel × tap
  Groups weight;    // by tap, each as `parts` sums: input pixel × output pixel
  Index parts = 1;
};

/// Returns the pairs of input and output pixel of each tap, in the order of output pixels.
Groups pairs_by_tap(const Taps& taps);

/// Conv2d: input = output · stride − padding + tap.
Taps convolution_taps(Map in, Map out, Window window);
/// ConvTranspose2d: output = input · stride − padding + tap.
Taps transposed_taps(Map in, Map out, Window window);
/// One tap that connects each pixel with itself. Its weight's gradient is summed in `parts` parts.
Taps pixelwise_taps(Index pixels, Index parts);

}  // namespace dcgan::kernels
