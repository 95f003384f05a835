#pragma once

#include "kernels/pictures.h"
#include "model/discriminator.h"
#include "training/fused/leaky_layer.h"

namespace dcgan {

/// The discriminator's forward with dropout and its backward, by hand, over its module's parameters. The
/// plain step's discriminator (model/discriminator.cc) is its specification. It has no batch statistics, so
/// real and fake images go through together.
template <class S>
class DiscriminatorPass {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  DiscriminatorPass(Discriminator& discriminator, Dropout& dropout);

  /// `pictures`: images as [pixel][image], 784 × N each. Returns the logits of all, float64. `learning`:
  /// whether parameter_gradients() will follow.
  torch::Tensor forward(const std::vector<torch::Tensor>& pictures, bool learning);

  /// From the loss's gradient with respect to the logits (float64): the parameters' gradients.
  void parameter_gradients(const torch::Tensor& logit_gradients);
  /// … the gradient with respect to the images, 784 × N.
  torch::Tensor image_gradients(const torch::Tensor& logit_gradients);

  /// What dropout multiplied the last pass's hidden activations by.
  DropoutMasks masks() const { return {hidden1_.mask(dropout_), hidden2_.mask(dropout_)}; }

 private:
  void resize(Index images, bool learning);
  void backward_to_hidden2(const torch::Tensor& logit_gradients);
  void backward_to_hidden1();

  Dropout& dropout_;
  torch::nn::Linear linear_;
  LeakyLayer<S> hidden1_, hidden2_;
  kernels::Tiles<S> patches_;
  kernels::PackedKernel<A> linear_weight_;  // [pixel][channel]
  kernels::Buffer<A> pixel_logits_, logit_gradients_, linear_gradients_, parts_;
  kernels::Scratch<A> scratch_;
  kernels::Scratch<S> rows_;
};

}  // namespace dcgan
