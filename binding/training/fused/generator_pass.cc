#include "training/fused/generator_pass.h"

#include <algorithm>

#include "training/fused/tensors.h"

namespace dcgan {

using kernels::Convolution;
using kernels::kPatches;
using kernels::kPatchParts;

namespace {

template <class S>
Convolution<S> dense(const torch::Tensor& weight) {
  return {kernels::transposed_taps({weight.size(1), 1}, kDenseMap, {kDenseMap.side, 1, 0}),
          kernels::dense_layout(weight.size(1), kDenseMap), parameter<kernels::SumOf<S>>(weight)};
}

template <class S>
Convolution<S> upsample(Map in, Map out, Window window, const torch::Tensor& weight) {
  return {kernels::transposed_taps(in, out, window),
          kernels::transposed_layout(in.channels, out.channels, window.taps()),
          parameter<kernels::SumOf<S>>(weight)};
}

template <class S>
auto wide(const torch::Tensor& weight) {
  if constexpr (kernels::kPairs<S>) {
    return upsample<S>(kDenseMap, kWideMap, kKeep, weight);
  } else {
    return kernels::FourierConvolution<S>(kDenseMap, kWideMap, kKeep, parameter<S>(weight));
  }
}

}  // namespace

template <class S>
GeneratorPass<S>::GeneratorPass(Generator& generator, Peers* peers)
    : dense_(dense<S>(generator->linear->weight), norm_tensors(generator->bn1, true), kDenseMap, peers),
      conv1_(wide<S>(generator->conv1->weight), norm_tensors(generator->bn2, false), kWideMap, peers),
      conv2_(upsample<S>(kWideMap, kTallMap, kHalve, generator->conv2->weight),
             norm_tensors(generator->bn3, false), kTallMap, peers),
      conv3_(kernels::pixelwise_taps(kPatches.pixels(), kPatchParts),
             kernels::transposed_layout(kTallMap.channels, kPatches.channels, 1),
             parameter<A>(generator->conv3->weight)) {}

template <class S>
void GeneratorPass<S>::resize(Index images) {
  inputs_.resize(1, images, dense_.linear().in_channels());
  inputs_.make_room_for_transposes();
  dense_.resize(images);
  conv1_.resize(images);
  conv2_.resize(images);
  patches_.resize(kPatches, images);
  patches_.make_room_for_packs();
  rows_.resize(kPatches.channels * images);
  scratch_.resize(std::max({dense_.linear().scratch(images), conv1_.linear().scratch(images),
                            conv2_.linear().scratch(images), conv3_.scratch(images)}));
}

/// Writes the dense layer's inputs: each latent vector, rounded, then its one-hot label, then zeros up to the
/// length of the products.
template <class S>
void GeneratorPass<S>::take_inputs(const torch::Tensor& latents, const torch::Tensor& labels) {
  const auto [images, length] = inputs_.size();
  const Index dim = latents.size(1);
  const auto* from = latents.template const_data_ptr<float>();
  S* to = inputs_.tile(0);
  for (Index n = 0; n < images; ++n) {
    for (Index k = 0; k < length; ++k) {
      to[n * length + k] = kernels::narrow<S>(k < dim ? static_cast<A>(from[n * dim + k]) : A(0));
    }
    if (labels.defined()) {
      to[n * length + dim + labels.template const_data_ptr<std::int64_t>()[n]] = kernels::narrow<S>(A(1));
    }
  }
  inputs_.transpose(0);
}

template <class S>
torch::Tensor GeneratorPass<S>::forward(const torch::Tensor& latents, const torch::Tensor& labels) {
  torch::NoGradGuard no_grad;
  const Index images = latents.size(0);
  resize(images);
  take_inputs(latents, labels);
  dense_.linear().pack_forward();
  conv1_.linear().pack_forward();
  conv2_.linear().pack_forward();
  conv3_.pack_forward();
  dense_.forward(inputs_, scratch_);
  conv1_.forward(dense_.activation(), scratch_);
  conv2_.forward(conv1_.activation(), scratch_);
  auto pictures = torch::empty({kImage.pixels(), images}, kScalar<A>);
  kernels::scatter_patches(
      images, parts_, pictures.template data_ptr<A>(),
      [&](const auto& use) { conv3_.forward(conv2_.activation(), scratch_, use); },
      kernels::elementwise<A>().tanh);
  return pictures;
}

template <class S>
void GeneratorPass<S>::backward(const torch::Tensor& gradient) {
  torch::NoGradGuard no_grad;
  conv1_.linear().pack_backward();
  conv2_.linear().pack_backward();
  conv3_.pack_backward();
  const auto pictures = pictures_of<A>({gradient});
  kernels::each(kPatches.pixels(), [&](Index pixel) {
    kernels::gather_patches<S>(pictures, pixel, rows_, patches_);
    patches_.pack(pixel);
  });
  conv3_.weight_gradient(conv2_.activation(), patches_, scratch_);

  conv2_.backward([&](const auto& use) { conv3_.backward(patches_, scratch_, use); });
  conv2_.linear().weight_gradient(conv1_.activation(), conv2_.gradient(), scratch_);

  conv1_.backward([&](const auto& use) { conv2_.linear().backward(conv2_.gradient(), scratch_, use); });
  conv1_.linear().weight_gradient(dense_.activation(), conv1_.gradient(), scratch_);

  dense_.backward([&](const auto& use) { conv1_.linear().backward(conv1_.gradient(), scratch_, use); });
  dense_.linear().weight_gradient(inputs_, dense_.gradient(), scratch_);
}

template class GeneratorPass<float>;
template class GeneratorPass<double>;
template class GeneratorPass<kernels::BFloat16>;

}  // namespace dcgan
