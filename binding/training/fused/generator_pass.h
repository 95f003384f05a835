#pragma once

#include <type_traits>

#include "kernels/fourier_convolution.h"
#include "model/generator.h"
#include "training/fused/normalised_layer.h"

namespace dcgan {

/// The generator's forward pass in training mode and its backward pass, by hand, with its module's
/// parameters. The plain step's generator (model/generator.cc) is the specification.
template <class S>
class GeneratorPass {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  /// `peers`: null, or the other processes of the batch normalisation.
  GeneratorPass(Generator& generator, Peers* peers);

  /// Returns images, [pixel][image], 784 × N, and updates the running statistics. `latents`: N × latent_dim,
  /// float32. `labels`: N, int64; undefined without classes.
  torch::Tensor forward(const torch::Tensor& latents, const torch::Tensor& labels);

  /// Writes the parameters' gradients. `gradient`: the loss's gradient with respect to the images of the last
  /// forward pass, 784 × N.
  void backward(const torch::Tensor& gradient);

 private:
  void resize(Index images);
  void take_inputs(const torch::Tensor& latents, const torch::Tensor& labels);

  /// The 5 × 5 layer has more than half of the step's products in the direct form.
  using Wide =
      std::conditional_t<kernels::kPairs<S>, kernels::Convolution<S>, kernels::FourierConvolution<S>>;

  NormalisedLayer<S> dense_;
  NormalisedLayer<S, Wide> conv1_;
  NormalisedLayer<S> conv2_;
  kernels::Convolution<S> conv3_;  // from the tall map to patches of the image
  kernels::Tiles<S> inputs_, patches_;
  kernels::Buffer<A> parts_;
  kernels::Scratch<A> scratch_;
  kernels::Scratch<S> rows_;
};

}  // namespace dcgan
