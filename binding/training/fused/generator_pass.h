#pragma once

#include "model/generator.h"
#include "training/fused/normalisation.h"
#include "training/fused/planes.h"
#include "training/fused/weights.h"

namespace dcgan::fused {

/// The generator's forward in training mode and its backward, by hand, over its modules' parameters.
template <class S>
class GeneratorPass {
 public:
  using A = SumOf<S>;

  explicit GeneratorPass(Generator& generator);

  /// `latents`: N × latent_dim, float32. Returns images as [pixel][image], 784 × N, and updates the running
  /// statistics.
  torch::Tensor forward(const torch::Tensor& latents);

  /// `gradient`: of the loss by those images, 784 × N; it is overwritten. Leaves the parameters' gradients.
  void backward(torch::Tensor gradient);

 private:
  void resize(Index images);
  void up(const Groups& groups, Index inner, const Tiles<S>& in, Planes<S> kernel, Tiles<S>& y, Index pixels,
          Index channels, Normalisation<A>& norm, torch::nn::BatchNorm2d& module, Tiles<S>& activation);
  void down(const Groups& groups, Index inner, const Tiles<S>& gradient, Planes<S> kernel, const Tiles<S>& y,
            Index pixels, Index channels, Normalisation<A>& norm, torch::nn::BatchNorm2d& module,
            const Tiles<S>& activation, Tiles<S>& result);
  void kernel_gradient(const Groups& groups, const Tiles<S>& in, Index in_channels, const Tiles<S>& gradient,
                       Index out_channels, torch::Tensor parameter);

  Generator generator_;
  Index latent_dim_;
  Index images_ = 0;
  Taps taps1_ = transposed_taps(7, 7, 5, 1, 2);
  Taps taps2_ = transposed_taps(7, 14, 4, 2, 1);
  Groups dense_ = one_by_plane(49);
  Groups pixelwise_ = plane_by_one(196);
  Groups pixel_sums_ = plane_by_plane(196, 14);
  Normalisation<A> norm1_{49, 256, true}, norm2_{49, 128, false}, norm3_{196, 64, false};
  Tiles<S> latents_, y1_, a1_, y2_, a2_, y3_, a3_, patches_, d1_, d2_, d3_;
  Buffer<S> dense_kernel_, rows_;
  PackedKernel<S> kernel1_, kernel2_, kernel3_;
  Buffer<A> parts_, kernel_sums_;
  Scratch<A> scratch_;
};

}  // namespace dcgan::fused
