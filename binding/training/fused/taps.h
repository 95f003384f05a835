#pragma once

#include <cstdint>
#include <vector>

namespace dcgan::fused {

/// A convolution on images that lie pixel by pixel ([pixel][image][channel]) is a sum of matrix products, one
/// for every pair of an input and an output pixel that a tap of the kernel joins. Pairs outside the image are
/// not there: no padding is ever multiplied, a third of a 5 × 5 kernel's work on 7 × 7.

/// The two operands of one product: planes of the first and of the second.
struct Pair {
  int first;
  int second;
};

/// Each group's products add up to one result.
using Groups = std::vector<std::vector<Pair>>;

struct Taps {
  Groups forward;   // by output pixel: input pixel × tap
  Groups backward;  // by input pixel: output pixel × tap
  Groups weight;    // by tap: input pixel × output pixel
};

/// Conv2d: input = output · stride − padding + tap.
Taps convolution_taps(int in_side, int out_side, int kernel, int stride, int padding);
/// ConvTranspose2d: output = input · stride − padding + tap.
Taps transposed_taps(int in_side, int out_side, int kernel, int stride, int padding);

/// One product a plane: (plane, 0) or (0, plane).
Groups plane_by_one(int planes);
Groups one_by_plane(int planes);
/// Plane with plane, `groups` partial sums over equal runs of planes: a sum that does not depend on threads.
Groups plane_by_plane(int planes, int groups);

}  // namespace dcgan::fused
