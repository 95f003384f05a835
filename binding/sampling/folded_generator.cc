#include "sampling/folded_generator.h"

#include <algorithm>
#include <cmath>

#include "host_tensors.h"
#include "sizes.h"

namespace dcgan {

namespace {

constexpr float kEpsilon = 1e-5F;  // of batch normalisation, as in PyTorch

using Shape = std::vector<std::int64_t>;

/// The affine map of each feature that batch normalisation amounts to.
struct Affine {
  Floats scale;
  Floats shift;
};

/// The tensors of a generator, by their names in its module.
class Tensors {
 public:
  Tensors(const std::vector<HostTensor>& tensors, const std::string& prefix)
      : tensors_(tensors), prefix_(prefix) {}

  Floats of(const std::string& name, const Shape& shape) const {
    return floats_of(tensors_, prefix_ + name, shape);
  }

  Affine norm(const std::string& name, std::int64_t features) const {
    const auto gamma = of(name + ".weight", {features}), beta = of(name + ".bias", {features});
    const auto mean = of(name + ".running_mean", {features}),
               variance = of(name + ".running_var", {features});
    Affine affine{gamma, beta};
    for (std::size_t i = 0; i < gamma.size(); ++i) {
      affine.scale[i] = gamma[i] * (1 / std::sqrt(variance[i] + kEpsilon));
      affine.shift[i] = beta[i] - mean[i] * affine.scale[i];
    }
    return affine;
  }

  /// The weight of a transposed convolution, in × out × window, times the scale of each output channel.
  Floats convolution(const std::string& name, Map in, Map out, Window window, const Floats& scale) const {
    auto weight = of(name + ".weight", {in.channels, out.channels, window.side, window.side});
    auto* value = weight.data();
    for (std::int64_t channel = 0; channel < in.channels; ++channel) {
      for (const float factor : scale) {
        for (std::int64_t tap = 0; tap < window.taps(); ++tap) *value++ *= factor;
      }
    }
    return weight;
  }

 private:
  const std::vector<HostTensor>& tensors_;
  const std::string& prefix_;
};

}  // namespace

FoldedGenerator fold(const std::vector<HostTensor>& tensors, const std::string& prefix,
                     std::int64_t latent_dim, std::int64_t classes) {
  const Tensors given(tensors, prefix);
  const auto features = kDenseMap.values();
  const auto dense = given.norm("bn1", features);
  const auto wide = given.norm("bn2", kWideMap.channels);
  const auto tall = given.norm("bn3", kTallMap.channels);
  FoldedGenerator folded{
      latent_dim,
      classes,
      Floats(static_cast<std::size_t>(features * latent_dim)),
      Floats(static_cast<std::size_t>(std::max<std::int64_t>(1, classes) * features)),
      given.convolution("conv1", kDenseMap, kWideMap, kKeep, wide.scale),
      wide.shift,
      given.convolution("conv2", kWideMap, kTallMap, kHalve, tall.scale),
      tall.shift,
      given.of("conv3.weight", {kTallMap.channels, kImage.channels, kHalve.side, kHalve.side})};
  const auto linear = given.of("linear.weight", {features, latent_dim + classes});
  const auto* from = linear.data();
  auto* weight = folded.linear_weight.data();
  for (std::size_t feature = 0; feature < static_cast<std::size_t>(features); ++feature) {
    const float scale = dense.scale[feature], shift = dense.shift[feature];
    for (std::int64_t k = 0; k < latent_dim; ++k) *weight++ = *from++ * scale;
    float* bias = folded.linear_bias.data() + feature;
    if (classes == 0) *bias = shift;
    for (std::int64_t label = 0; label < classes; ++label) bias[label * features] = *from++ * scale + shift;
  }
  return folded;
}

}  // namespace dcgan
