#pragma once

#include "training/fused/buffer.h"
#include "training/fused/products.h"

namespace dcgan::fused {

/// Kernels as second operands of products, packed anew after each update: [tap][inner][outer], both ways.
template <class S>
class PackedKernel {
 public:
  using A = SumOf<S>;

  /// `weight`: first × second × taps in LibTorch's order (ConvTranspose2d: in × out, Conv2d: out × in).
  void pack(const torch::Tensor& weight, Index first, Index second, Index taps);

  /// Inner length `first`, columns `second`; and the transpose.
  Planes<S> first_by_second() const { return {straight_.data(), even(first_) * second_}; }
  Planes<S> second_by_first() const { return {crossed_.data(), even(second_) * first_}; }

 private:
  Index first_ = 0;
  Index second_ = 0;
  Buffer<S> straight_;
  Buffer<S> crossed_;
};

/// The generator's dense layer (12544 × latent_dim, features in the order channel, pixel) as
/// [pixel][latent][channel].
template <class S>
void pack_dense(const torch::Tensor& weight, Index latent_dim, S* out);

/// [tap][first][second] sums into a gradient of LibTorch's order, first × second × taps, or its transpose.
template <class A>
void unpack_kernel(const A* sums, Index first, Index second, Index taps, bool crossed,
                   torch::Tensor gradient);

}  // namespace dcgan::fused
