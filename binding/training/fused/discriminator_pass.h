#pragma once

#include "model/discriminator.h"
#include "training/fused/leaky_layer.h"

namespace dcgan {

/// The discriminator's forward pass with dropout and its backward pass, by hand, with its module's
/// parameters. The plain step's discriminator (model/discriminator.cc) is the specification. There are no
/// batch statistics, so real and fake images can share a pass.
template <class S>
class DiscriminatorPass {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  DiscriminatorPass(Discriminator& discriminator, Dropout& dropout);

  /// Returns the logits of all images, float64. `pictures`: tensors of N images each, [pixel][image].
  /// `labels`: N, int64, the same for each tensor; undefined without classes. `learning`: true if
  /// parameter_gradients() or penalised_gradients() will follow.
  torch::Tensor forward(const std::vector<torch::Tensor>& pictures, const torch::Tensor& labels,
                        bool learning);

  /// Returns the logits of the first images of the last forward pass with these labels instead (int64),
  /// float64.
  torch::Tensor other_logits(const torch::Tensor& labels);

  // The following go back through the last forward pass. `logit_gradients`: the loss's gradient with respect
  // to its logits, float64.

  /// Writes the loss's gradients with respect to the parameters. `other_gradients`: its gradient with respect
  /// to other_logits(); undefined if it has none. Without `logit_gradients`, the loss has only these.
  void parameter_gradients(const torch::Tensor& logit_gradients, const torch::Tensor& other_gradients);
  /// Writes the same gradients, of the loss plus Σ w/2 ‖∇ₓD(x)‖² over the images. `pictures`: of the
  /// forward pass; `weights`: w of each image, float64. Returns ‖∇ₓD(x)‖² of each image, float64.
  torch::Tensor penalised_gradients(const std::vector<torch::Tensor>& pictures,
                                    const torch::Tensor& logit_gradients, const torch::Tensor& weights);
  /// Returns the loss's gradient with respect to the images, 784 × N.
  torch::Tensor image_gradients(const torch::Tensor& logit_gradients);

  /// Returns the factors by which dropout multiplied the hidden activations.
  DropoutMasks masks() const { return {hidden1_.mask(dropout_), hidden2_.mask(dropout_)}; }

 private:
  void resize(Index images, bool learning);
  void take_labels(const torch::Tensor& labels, std::size_t times);
  void pack_heads();
  template <class T>
  kernels::Heads<T> heads(Index pixel, const kernels::Buffer<A>& weights,
                          const std::vector<std::uint8_t>& labels) const;
  torch::Tensor sum_pixel_logits(Index images) const;
  void gather(const std::vector<torch::Tensor>& pictures, bool transpose);
  /// The gradients with respect to the logits that the first images have with their labels.
  struct Signal {
    Index images;
    const A* gradients;
    const std::vector<std::uint8_t>& labels;
  };

  void add_signal(const Signal& signal, Index pixel, A* grad) const;
  void backward_to_hidden2(const std::vector<Signal>& signals);
  void backward_to_hidden1();
  void add_head_gradients(Index pixel, const kernels::Tiles<S>& features, const Signal& signal);
  void unpack_head_gradients();
  void convolution_gradients();

  Dropout& dropout_;
  Discriminator discriminator_;
  LeakyLayer<S> hidden1_, hidden2_;
  kernels::Tiles<S> patches_;
  kernels::PackedKernel<A> linear_;      // [pixel][channel]
  kernels::PackedKernel<A> projection_;  // [pixel][class][channel]
  Index head_count_;                     // one, or one for each class
  std::vector<std::uint8_t> labels_;     // of all images; empty without classes
  std::vector<std::uint8_t> others_;     // of the first images, in other_logits()
  kernels::Buffer<A> heads_;             // [pixel][head][channel]: linear + projection
  kernels::Buffer<A> head_gradients_;    // in the same order
  kernels::Buffer<A> pixel_logits_, logit_gradients_, other_gradients_, penalty_weights_, parts_;
  kernels::Scratch<A> scratch_;
  kernels::Scratch<S> rows_;
};

}  // namespace dcgan
