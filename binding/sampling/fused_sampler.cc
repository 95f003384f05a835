// Inference on the CPU. The pixels of an image are the rows of every product, so that an image's sums have
// the same order alone and in any company. Weights are packed once for each version of them.

#include <algorithm>
#include <atomic>

#include "sampling/fold.h"
#include "sampling/sampler.h"
#include "training/fused/buffer.h"
#include "training/fused/products.h"
#include "training/fused/weights.h"

namespace dcgan {

namespace {

using fused::Index;

/// Images that go through the layers together, so that weights are read once for all of them while their
/// activations still fit the second cache.
constexpr Index kBlock = 4;

constexpr Index kPicture = 784;

/// Neighbouring pixels of one input row that one tap of a kernel adds to pixels of one output row.
struct Run {
  Index tap;
  Index in;
  Index out;
  Index pixels;
};

/// Runs by output row, each row's in the order of taps: the order in which its sums are added up.
using Rows = std::vector<std::vector<Run>>;

/// ConvTranspose2d: output = input · stride − padding + tap.
Rows transposed_rows(Index in_side, Index out_side, Index kernel, Index stride, Index padding) {
  Rows rows(static_cast<std::size_t>(out_side));
  for (Index tap = 0; tap < kernel * kernel; ++tap) {
    const Index shift = tap % kernel - padding;
    Index first = 0, last = in_side - 1;
    while (first * stride + shift < 0) ++first;
    while (last * stride + shift >= out_side) --last;
    for (Index y = 0; y < in_side; ++y) {
      const Index row = y * stride - padding + tap / kernel;
      if (row < 0 || row >= out_side) continue;
      rows[static_cast<std::size_t>(row)].push_back(
          {tap, y * in_side + first, row * out_side + first * stride + shift, last - first + 1});
    }
  }
  return rows;
}

template <class S>
class FusedSampler : public Sampler {
 public:
  using A = fused::SumOf<S>;

  explicit FusedSampler(Index latent_dim) : latent_dim_(latent_dim) {}

  void prepare(Generator& generator) override {
    torch::NoGradGuard no_grad;
    const auto folded = fold(generator);
    fused::pack_dense<S>(folded.linear_weight, latent_dim_, dense_.get(49 * latent() * 256));
    kernel1_.pack(folded.conv1_weight, 256, 128, 25);
    kernel2_.pack(folded.conv2_weight, 128, 64, 16);
    kernel3_.pack(folded.conv3_weight, 64, 16, 1);
    dense_bias_ = folded.linear_bias.view({256, 49}).t().contiguous();
    bias1_ = folded.conv1_bias;
    bias2_ = folded.conv2_bias;
  }

  void run(const float* latents, std::int64_t count, float* images) override {
    torch::NoGradGuard no_grad;
    const Index blocks = (count + kBlock - 1) / kBlock;
    const Index threads = std::min<Index>(blocks, at::get_num_threads());
    auto* activations = activations_.get(threads * kActivations * kBlock);
    auto* sums = sums_.get(threads * kSums * kBlock);
    // Whole blocks in parallel; a single block finds the threads free for its rows. A thread takes the next
    // block when it is done with one: in a server it shares its processor, and the others would wait for its
    // half.
    std::atomic<Index> next{0};
    const auto body = [&](Index begin, Index end) {
      for (Index thread = begin; thread < end; ++thread) {
        for (Index b = next++; b < blocks; b = next++) {
          const Index first = b * kBlock;
          const Index size = std::min(kBlock, count - first);
          auto* pictures = images + first * kPicture;
          block(latents + first * latent_dim_, size, activations + thread * kActivations * kBlock,
                sums + thread * kSums * kBlock, pictures);
          torch::from_blob(pictures, {size * kPicture}, torch::kFloat32).tanh_();
        }
      }
    };
    if (blocks == 1) {
      body(0, 1);
    } else {
      at::parallel_for(0, threads, 1, body);
    }
  }

 private:
  static constexpr Index kSums = 196 * 64;
  static constexpr Index kActivations = 49 * 256 + 49 * 128 + 196 * 64;

  Index latent() const { return fused::even(latent_dim_); }

  void block(const float* latents, Index count, S* activations, A* sums, float* images) const {
    S* hidden1 = activations;
    S* hidden2 = hidden1 + 49 * 256 * count;
    S* hidden3 = hidden2 + 49 * 128 * count;
    dense(latents, count, hidden2, sums, hidden1);
    up(rows1_, 1, hidden1, 49, 256, kernel1_.first_by_second(), bias1_, count, sums, 7, 128, hidden2);
    up(rows2_, 2, hidden2, 49, 128, kernel2_.first_by_second(), bias2_, count, sums, 14, 64, hidden3);
    fused::each(count, [&](Index n) {
      A* parts = sums + n * kSums;
      fused::multiply(196, 16, 64, hidden3 + n * 196 * 64, kernel3_.first_by_second().data, parts, 16, false);
      fused::finish_products(static_cast<const S*>(nullptr));
      fused::Elementwise<S>::patches_to_picture(parts, images + n * kPicture);
    });
  }

  void dense(const float* latents, Index count, S* rounded, A* sums, S* out) const {
    for (Index n = 0; n < count; ++n) {
      for (Index k = 0; k < latent(); ++k) {
        rounded[n * latent() + k] = fused::narrow<S>(k < latent_dim_ ? latents[n * latent_dim_ + k] : 0.0F);
      }
    }
    const auto* bias = dense_bias_.const_data_ptr<A>();
    at::parallel_for(0, 49, 7, [&](Index begin, Index end) {
      for (Index pixel = begin; pixel < end; ++pixel) {
        A* tile = sums + pixel * 256 * count;
        fused::multiply(count, 256, latent(), rounded, dense_.data() + pixel * latent() * 256, tile, 256,
                        false);
        for (Index n = 0; n < count; ++n) {
          fused::Elementwise<S>::rectify(tile + n * 256, bias + pixel * 256, 1, 256,
                                         out + (n * 49 + pixel) * 256);
        }
      }
      fused::finish_products(static_cast<const S*>(nullptr));
    });
  }

  /// A folded transposed convolution and its ReLU, `side` output rows of `side` pixels.
  void up(const Rows& rows, Index stride, const S* in, Index in_pixels, Index inner, fused::Planes<S> kernel,
          const torch::Tensor& bias, Index count, A* sums, Index side, Index channels, S* out) const {
    const auto* shift = bias.const_data_ptr<A>();
    const Index row_size = side * channels;
    at::parallel_for(0, side, 1, [&](Index begin, Index end) {
      for (Index n = 0; n < count; ++n) {
        std::fill_n(sums + n * kSums + begin * row_size, (end - begin) * row_size, A(0));
      }
      // Rows side by side in the order of taps: a tap's weights serve all rows and images while they are
      // near.
      for (Index tap = 0; tap < kMaxTaps; ++tap) {
        for (Index row = begin; row < end; ++row) {
          for (const auto& run : rows[static_cast<std::size_t>(row)]) {
            if (run.tap != tap) continue;
            for (Index n = 0; n < count; ++n) {
              fused::multiply(run.pixels, channels, inner, in + (n * in_pixels + run.in) * inner,
                              kernel.data + tap * kernel.stride, sums + n * kSums + run.out * channels,
                              stride * channels, true);
            }
          }
        }
      }
      fused::finish_products(static_cast<const S*>(nullptr));
      for (Index n = 0; n < count; ++n) {
        fused::Elementwise<S>::rectify(sums + n * kSums + begin * row_size, shift, (end - begin) * side,
                                       channels, out + n * side * row_size + begin * row_size);
      }
    });
  }

  static constexpr Index kMaxTaps = 25;

  Index latent_dim_;
  const Rows rows1_ = transposed_rows(7, 7, 5, 1, 2);
  const Rows rows2_ = transposed_rows(7, 14, 4, 2, 1);
  torch::Tensor dense_bias_;  // 49 × 256
  torch::Tensor bias1_, bias2_;
  fused::Buffer<S> dense_;
  fused::PackedKernel<S> kernel1_, kernel2_, kernel3_;
  fused::Buffer<S> activations_;
  fused::Buffer<A> sums_;
};

}  // namespace

std::unique_ptr<Sampler> make_fused_sampler(std::int64_t latent_dim, bool bfloat16) {
  if (bfloat16) return std::make_unique<FusedSampler<fused::BFloat16>>(latent_dim);
  return std::make_unique<FusedSampler<float>>(latent_dim);
}

}  // namespace dcgan
