#pragma once

#include "kernels/pictures.h"
#include "model/generator.h"
#include "training/fused/normalised_layer.h"

namespace dcgan {

/// The generator's forward in training mode and its backward, by hand, over its modules' parameters. The
/// plain step's generator (model/generator.cc) is its specification.
template <class S>
class GeneratorPass {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  /// `peers`: null, or the processes over whose images batch normalisation goes.
  GeneratorPass(Generator& generator, Peers* peers);

  /// `latents`: N × latent_dim, float32; `labels`: N, int64, undefined without classes. Returns images as
  /// [pixel][image], 784 × N, and updates the running statistics.
  torch::Tensor forward(const torch::Tensor& latents, const torch::Tensor& labels);

  /// `gradient`: of the loss with respect to those images, 784 × N. Leaves the parameters' gradients.
  void backward(const torch::Tensor& gradient);

 private:
  void resize(Index images);
  void take_inputs(const torch::Tensor& latents, const torch::Tensor& labels);

  NormalisedLayer<S> dense_, conv1_, conv2_;
  kernels::Convolution<S> conv3_;  // from the tall map to patches of the image
  kernels::Tiles<S> inputs_, patches_;
  kernels::Buffer<A> parts_;
  kernels::Scratch<A> scratch_;
  kernels::Scratch<S> rows_;
};

}  // namespace dcgan
