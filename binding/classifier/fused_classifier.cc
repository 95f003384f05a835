// The classifier on the CPU. Maps lie as [pixel][channel], so the inputs of one row of a convolution's kernel
// are neighbours in memory, and a row of output pixels needs one product per row of the kernel. A row of a
// product depends on that row of its left operand alone, so an image's sums have the same order alone and
// next to any others.

#include <algorithm>
#include <array>

#include "classifier/classifier.h"
#include "kernels/packed_kernel.h"
#include "kernels/team.h"
#include "sizes.h"

namespace dcgan {

namespace {

using kernels::Index;

constexpr Index kSide = 5;  // of both convolutions' kernels
constexpr Map kConv1{32, kImage.side - kSide + 1};
constexpr Map kPooled1{kConv1.channels, kConv1.side / 2};
constexpr Map kConv2{64, kPooled1.side - kSide + 1};
constexpr Map kPooled2{kConv2.channels, kConv2.side / 2};

constexpr Index kTaps = kSide * kSide;
/// The number of neighbouring input values that one row of the second kernel reads.
constexpr Index kSpan = kSide * kPooled1.channels;

/// The images that go through the hidden layer together: its weights are read once for all of them.
constexpr Index kBlock = 4;

/// The patches of two rows of pixels, and their sums before pooling.
constexpr Index kPatches = 2 * kConv1.side * kTaps;
constexpr Index kSums = std::max(2 * kConv1.side * kConv1.channels, 2 * kConv2.side * kConv2.channels);
constexpr Index kScratch = kPatches + kSums + kPooled1.values();

/// The classifier's inputs for the 256 grey levels, from −1 to 1.
std::array<float, 256> levels() {
  std::array<float, 256> values;
  for (std::size_t level = 0; level < values.size(); ++level) {
    values[level] = static_cast<float>(level) / 127.5F - 1;
  }
  return values;
}

/// Takes the sums of two rows of a map. Writes the largest of each 2 × 2 pixels, plus the bias, after the
/// ReLU.
void pool(const float* sums, Map map, const float* bias, float* out) {
  const Index channels = map.channels;
  const float* below = sums + map.side * channels;
  for (Index x = 0; x < map.side; x += 2) {
    for (Index c = 0; c < channels; ++c) {
      const Index left = x * channels + c;
      const Index right = left + channels;
      const float largest = std::max(std::max(sums[left], sums[right]), std::max(below[left], below[right]));
      *out++ = std::max(0.0F, largest + bias[c]);
    }
  }
}

class FusedClassifier : public Classifier {
 public:
  explicit FusedClassifier(const ClassifierWeights& weights)
      : Classifier(weights),
        conv1_(kernels::convolution_layout(1, kConv1.channels, kTaps)),
        bias1_(weights.conv1_bias),
        conv2_(kernels::convolution_layout(kPooled1.channels, kConv2.channels, kTaps)),
        bias2_(weights.conv2_bias),
        hidden_(kernels::convolution_layout(kPooled2.channels, kFeatures, kPooled2.pixels())),
        hidden_bias_(weights.hidden_bias) {
    conv1_.pack_in_by_out(weights.conv1_weight.data());
    conv2_.pack_in_by_out(weights.conv2_weight.data());
    hidden_.pack_in_by_out(weights.hidden_weight.data());
  }

  void describe(const std::uint8_t* pixels, std::int64_t count, float* features) override {
    scratch_.resize(kBlock * (kScratch + kPooled2.values()));
    kernels::each((count + kBlock - 1) / kBlock, [&](Index block) {
      const Index first = block * kBlock;
      describe_block(pixels + first * kImagePixels, std::min(kBlock, count - first),
                     scratch_.of_this_thread(), features + first * kFeatures);
    });
  }

 private:
  void describe_block(const std::uint8_t* pixels, Index count, float* scratch, float* features) const {
    float* maps = scratch + kBlock * kScratch;
    kernels::each(count, [&](Index n) {
      float* own = scratch + n * kScratch;
      float* pooled = own + kPatches + kSums;
      convolve1(pixels + n * kImagePixels, own, pooled);
      convolve2(pooled, own, maps + n * kPooled2.values());
    });
    kernels::multiply({count, kFeatures, kPooled2.values(), kPooled2.values(), kFeatures}, maps,
                      hidden_.in_by_out().data, features, false);
    const float* bias = hidden_bias_.data();
    for (Index n = 0; n < count; ++n) {
      for (Index k = 0; k < kFeatures; ++k) {
        float& value = features[n * kFeatures + k];
        value = std::max(0.0F, value + bias[k]);
      }
    }
  }

  void convolve1(const std::uint8_t* pixels, float* scratch, float* out) const {
    static const auto kLevels = levels();
    float* sums = scratch + kPatches;
    for (Index y = 0; y < kConv1.side; y += 2) {
      float* patch = scratch;
      for (Index pixel = 0; pixel < 2 * kConv1.side; ++pixel) {
        const auto* corner = pixels + (y + pixel / kConv1.side) * kImage.side + pixel % kConv1.side;
        for (Index tap = 0; tap < kTaps; ++tap) {
          *patch++ = kLevels[corner[tap / kSide * kImage.side + tap % kSide]];
        }
      }
      kernels::multiply({2 * kConv1.side, kConv1.channels, kTaps, kTaps, kConv1.channels}, scratch,
                        conv1_.in_by_out().data, sums, false);
      pool(sums, kConv1, bias1_.data(), out + y / 2 * kPooled1.side * kPooled1.channels);
    }
  }

  void convolve2(const float* in, float* scratch, float* out) const {
    float* sums = scratch + kPatches;
    const Index row = kPooled1.side * kPooled1.channels;
    for (Index y = 0; y < kConv2.side; ++y) {
      float* to = sums + y % 2 * kConv2.side * kConv2.channels;
      for (Index tap = 0; tap < kSide; ++tap) {
        // Neighbouring output pixels read overlapping spans, which begin one pixel apart.
        kernels::multiply({kConv2.side, kConv2.channels, kSpan, kPooled1.channels, kConv2.channels},
                          in + (y + tap) * row, conv2_.in_by_out().data + tap * kSpan * kConv2.channels, to,
                          tap > 0);
      }
      if (y % 2 == 0) continue;
      pool(sums, kConv2, bias2_.data(), out + y / 2 * kPooled2.side * kPooled2.channels);
    }
  }

  // Right operands: the taps of the two convolutions, and the pixels of the hidden layer's map, are rows.
  kernels::PackedKernel<float> conv1_;
  Floats bias1_;
  kernels::PackedKernel<float> conv2_;
  Floats bias2_;
  kernels::PackedKernel<float> hidden_;
  Floats hidden_bias_;
  kernels::Scratch<float> scratch_;
};

}  // namespace

std::unique_ptr<Classifier> make_fused_classifier(const ClassifierWeights& weights) {
  return std::make_unique<FusedClassifier>(weights);
}

}  // namespace dcgan
