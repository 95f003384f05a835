#pragma once

#include "model/discriminator.h"
#include "training/dropout.h"
#include "training/fused/planes.h"
#include "training/fused/weights.h"

namespace dcgan::fused {

/// The discriminator's forward with dropout and its backward, by hand, over its module's parameters. It has
/// no batch statistics, so real and fake images go through together.
template <class S>
class DiscriminatorPass {
 public:
  using A = SumOf<S>;

  DiscriminatorPass(Discriminator& discriminator, Dropout& dropout);

  /// `halves`: images as [pixel][image], 784 × N each; one or two of them. Returns the logits of all,
  /// float64. `learning`: whether parameter_gradients() will follow.
  std::vector<double> forward(const std::vector<torch::Tensor>& halves, bool learning);

  /// From the gradients of the loss by the logits: the parameters' gradients.
  void parameter_gradients(const std::vector<double>& logit_gradients);
  /// … the gradient by the images, 784 × N.
  torch::Tensor image_gradients(const std::vector<double>& logit_gradients);

  /// What dropout multiplied the last pass's hidden activations by, as LibTorch's modules would have it.
  DropoutMasks masks() const;

 private:
  void resize(Index images, bool learning);
  void second_gradients(const std::vector<double>& logit_gradients);
  void first_gradients(bool learning);

  Discriminator discriminator_;
  Dropout& dropout_;
  Index images_ = 0;
  Taps taps2_ = convolution_taps(14, 7, 4, 2, 1);
  Groups pixelwise_ = plane_by_one(196);
  Groups pixel_sums_ = plane_by_plane(196, 14);
  Tiles<S> patches_, a1_, a2_, d1_, d2_;
  Buffer<S> rows_;
  Buffer<std::uint8_t> code1_, code2_, keep_;
  PackedKernel<S> kernel1_, kernel2_;
  Buffer<A> linear_, logit_parts_, logit_gradients_, linear_gradients_, bias_parts_, parts_, kernel_sums_;
  Scratch<A> scratch_;
};

}  // namespace dcgan::fused
