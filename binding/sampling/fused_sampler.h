#pragma once

#include <algorithm>
#include <type_traits>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/fourier_convolution.h"
#include "kernels/packed_kernel.h"
#include "kernels/pictures.h"
#include "kernels/team.h"
#include "sampling/sampler.h"

namespace dcgan {

/// A folded transposed convolution and its ReLU.
template <class S>
class UpLayer {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  UpLayer(Map in, Map out, Window window)
      : in_(in),
        out_(out),
        pairs_(kernels::pairs_by_tap(kernels::transposed_taps(in, out, window))),
        kernel_(kernels::transposed_layout(in.channels, out.channels, window.taps())) {}

  void prepare(const Floats& weight, const Floats& bias) {
    kernel_.pack_in_by_out(weight.data());
    bias_ = bias;
  }

  /// `in`: images × in.values(); `sums`: scratch memory for images × out.values().
  void run(const S* in, Index images, A* sums, S* out) const {
    const Index pixel_size = images * out_.channels;
    kernels::each_range(out_.pixels(), [&](Index begin, Index end) {
      std::fill_n(sums + begin * pixel_size, (end - begin) * pixel_size, A(0));
      const auto kernel = kernel_.in_by_out();
      // Tap by tap, so that a tap's weights are used for all pixels and images while they are in the cache.
      for (std::size_t tap = 0; tap < pairs_.size(); ++tap) {
        const auto before = [](const kernels::Pair& pair, Index pixel) { return pair.right < pixel; };
        const auto& pairs = pairs_[tap];
        const auto first = std::lower_bound(pairs.begin(), pairs.end(), begin, before);
        const auto last = std::lower_bound(first, pairs.end(), end, before);
        kernels::add_pixels<S>({&*first, last - first, images, out_.channels, in_.channels}, in,
                               kernel.data + static_cast<Index>(tap) * kernel.stride, sums);
      }
      kernels::finish_products<S>();
      kernels::elementwise<S>().rectify(sums + begin * pixel_size, bias_.data(),
                                        {(end - begin) * images, out_.channels}, out + begin * pixel_size);
    });
  }

 private:
  Map in_;
  Map out_;
  std::vector<std::vector<kernels::Pair>> pairs_;  // of each tap, by output pixel
  kernels::PackedKernel<S> kernel_;
  Floats bias_;
};

/// The folded transposed convolution that keeps the side of its map, and its ReLU, with fewer products.
class FourierLayer {
 public:
  using Index = kernels::Index;

  FourierLayer(Map in, Map out, Window window) : in_(in), out_(out), linear_(in, out, window, {}) {}

  void prepare(const Floats& weight, const Floats& bias) {
    linear_.pack_forward(weight.data());
    bias_ = bias;
  }

  void run(const float* in, Index images, float*, float* out) {
    const Index tile = images * out_.channels;
    linear_.forward({in, images * in_.channels}, images, [&](Index pixel, const float* sums) {
      kernels::elementwise<float>().rectify(sums, bias_.data(), {images, out_.channels}, out + pixel * tile);
    });
  }

 private:
  Map in_;
  Map out_;
  kernels::FourierConvolution<float> linear_;
  Floats bias_;
};

/// Inference on the CPU, on blocks of images with maps laid out as [pixel][image][channel]. A row of a
/// product depends on that row of its left operand alone, so an image's sums have the same order alone and
/// together with any others. Weights are packed once after each change.
template <class S>
class FusedSampler : public Sampler {
 public:
  using A = kernels::SumOf<S>;
  using Index = kernels::Index;

  /// True if a block uses all threads. Otherwise each thread has a block of its own.
  static constexpr bool kFourier = std::is_same_v<S, float>;
  /// The images that go through the layers together: the more, the less often weights are read. Where a
  /// thread has a block of its own, its activations still fit into the second-level cache.
  static constexpr Index kBlock = kFourier ? 32 : 4;

  explicit FusedSampler(Index latent_dim)
      : latent_dim_(latent_dim), dense_(kernels::dense_layout(latent_dim, kDenseMap)) {}

  void prepare(const FoldedGenerator& generator) override {
    dense_.pack_in_by_out(generator.linear_weight.data());
    dense_bias_.resize(generator.linear_bias.size());
    const float* from = generator.linear_bias.data();
    for (auto to = dense_bias_.begin(); to != dense_bias_.end(); from += kDenseMap.values()) {
      for (Index pixel = 0; pixel < kDenseMap.pixels(); ++pixel) {
        for (Index channel = 0; channel < kDenseMap.channels; ++channel) {
          *to++ = from[channel * kDenseMap.pixels() + pixel];
        }
      }
    }
    up1_.prepare(generator.conv1_weight, generator.conv1_bias);
    up2_.prepare(generator.conv2_weight, generator.conv2_bias);
    picture_.pack_in_by_out(generator.conv3_weight.data());
  }

  void run(const float* latents, const std::uint8_t* labels, std::int64_t count, float* images) override {
    const Index most = std::min(kBlock, count);
    activations_.resize(kActivations * most);
    sums_.resize(kTallMap.values() * most);
    const auto make = [&](Index b) {
      const Index first = b * kBlock;
      const Index size = std::min(kBlock, count - first);
      const Inputs inputs{latents + first * latent_dim_, labels == nullptr ? nullptr : labels + first, size};
      block(inputs, activations_.of_this_thread(), sums_.of_this_thread(), images + first * kImage.pixels());
    };
    const Index blocks = (count + kBlock - 1) / kBlock;
    if constexpr (kFourier) {
      for (Index b = 0; b < blocks; ++b) make(b);
    } else {
      kernels::each(blocks, make);
    }
  }

 private:
  static constexpr Index kActivations = kDenseMap.values() + kWideMap.values() + kTallMap.values();

  /// Latent vectors and labels of some images.
  struct Inputs {
    const float* latents;
    const std::uint8_t* labels;  // null if there are no classes
    Index count;
  };

  void block(const Inputs& inputs, S* activations, A* sums, float* images) {
    const Index count = inputs.count;
    S* wide = activations + kDenseMap.values() * count;
    S* tall = wide + kWideMap.values() * count;
    const auto& loops = kernels::elementwise<S>();
    dense(inputs, /*rounded=*/wide, sums, activations);
    up1_.run(activations, count, sums, wide);
    up2_.run(wide, count, sums, tall);
    // The last convolution has one output channel. One product gives what each pixel of the tall map adds to
    // each pixel of the picture under its window; then these parts are summed.
    kernels::each(count, [&](Index n) {
      using kernels::kPatches;
      A* patches = sums + n * kTallMap.values();
      kernels::multiply({kPatches.pixels(), kPatches.channels, kTallMap.channels, count * kTallMap.channels,
                         kPatches.channels},
                        tall + n * kTallMap.channels, picture_.in_by_out().data, patches, false);
      kernels::finish_products<S>();
      loops.sum_patches(patches, images + n * kImage.pixels());
      loops.tanh(images + n * kImage.pixels(), kImage.pixels());
    });
  }

  /// `rounded`: scratch memory for the latent vectors.
  void dense(const Inputs& inputs, S* rounded, A* sums, S* out) const {
    const auto [latents, labels, count] = inputs;
    const Index length = kernels::padded<S>(latent_dim_);
    for (Index n = 0; n < count; ++n) {
      for (Index k = 0; k < length; ++k) {
        rounded[n * length + k] = kernels::narrow<S>(k < latent_dim_ ? latents[n * latent_dim_ + k] : 0.0F);
      }
    }
    const auto kernel = dense_.in_by_out();
    const Index channels = kDenseMap.channels;
    kernels::each_range(kDenseMap.pixels(), [&](Index begin, Index end) {
      for (Index pixel = begin; pixel < end; ++pixel) {
        A* tile = sums + pixel * channels * inputs.count;
        kernels::multiply({inputs.count, channels, length, length, channels}, rounded,
                          kernel.data + pixel * kernel.stride, tile, false);
        for (Index n = 0; n < inputs.count; ++n) {
          const Index label = inputs.labels == nullptr ? 0 : inputs.labels[n];
          kernels::elementwise<S>().rectify(
              tile + n * channels, dense_bias_.data() + label * kDenseMap.values() + pixel * channels,
              {1, channels}, out + (pixel * inputs.count + n) * channels);
        }
      }
      kernels::finish_products<S>();
    });
  }

  Index latent_dim_;
  kernels::PackedKernel<S> dense_;
  std::vector<float> dense_bias_;  // labels × pixels × channels
  std::conditional_t<kFourier, FourierLayer, UpLayer<S>> up1_{kDenseMap, kWideMap, kKeep};
  UpLayer<S> up2_{kWideMap, kTallMap, kHalve};
  kernels::PackedKernel<S> picture_{
      kernels::transposed_layout(kTallMap.channels, kernels::kPatches.channels, 1)};
  kernels::Scratch<S> activations_;
  kernels::Scratch<A> sums_;
};

}  // namespace dcgan
