#include "training/libtorch_samplers.h"

#include <algorithm>
#include <cstring>

#include "sampling/fused_sampler.h"
#include "sizes.h"

namespace dcgan {

namespace {

class AtenSampler : public Sampler {
 public:
  AtenSampler(std::int64_t latent_dim, torch::Device device, bool bfloat16, std::int64_t batch)
      : device_(device),
        dtype_(bfloat16 ? torch::kBFloat16 : torch::kFloat32),
        batch_(batch),
        latents_(torch::zeros({batch, latent_dim})),
        labels_(torch::zeros({batch}, torch::kInt64)) {}

  void prepare(const FoldedGenerator& generator) override {
    const auto of = [this](const Floats& values, at::IntArrayRef shape) {
      return torch::tensor(at::ArrayRef<float>(values.data(), values.size())).view(shape).to(device_, dtype_);
    };
    linear_weight_ = of(generator.linear_weight, {kDenseMap.values(), generator.latent_dim});
    linear_bias_ = of(generator.linear_bias, {-1, kDenseMap.values()});
    conv1_weight_ =
        of(generator.conv1_weight, {kDenseMap.channels, kWideMap.channels, kKeep.side, kKeep.side});
    conv1_bias_ = of(generator.conv1_bias, {kWideMap.channels});
    conv2_weight_ =
        of(generator.conv2_weight, {kWideMap.channels, kTallMap.channels, kHalve.side, kHalve.side});
    conv2_bias_ = of(generator.conv2_bias, {kTallMap.channels});
    conv3_weight_ =
        of(generator.conv3_weight, {kTallMap.channels, kImage.channels, kHalve.side, kHalve.side});
  }

  void run(const float* latents, const std::uint8_t* labels, std::int64_t count, float* images) override {
    torch::NoGradGuard no_grad;
    const auto dim = latents_.size(1);
    for (std::int64_t begin = 0; begin < count; begin += batch_) {
      const auto part = std::min(batch_, count - begin);
      // Always a whole batch: for another size, LibTorch could choose an algorithm that rounds differently.
      std::memcpy(latents_.data_ptr(), latents + begin * dim,
                  sizeof(float) * static_cast<std::size_t>(part * dim));
      if (labels != nullptr) std::copy_n(labels + begin, part, labels_.data_ptr<std::int64_t>());
      const auto x = forward(latents_.to(device_, dtype_), labels_.to(device_))
                         .to(torch::kCPU, torch::kFloat32)
                         .contiguous();
      std::memcpy(images + begin * kImage.pixels(), x.data_ptr(),
                  sizeof(float) * static_cast<std::size_t>(part * kImage.pixels()));
    }
  }

 private:
  torch::Tensor forward(const torch::Tensor& latents, const torch::Tensor& labels) const {
    const auto dense = linear_bias_.size(0) == 1
                           ? torch::linear(latents, linear_weight_, linear_bias_[0])
                           : torch::linear(latents, linear_weight_) + linear_bias_.index_select(0, labels);
    auto x = torch::relu(dense).view({-1, kDenseMap.channels, kDenseMap.side, kDenseMap.side});
    x = torch::relu(torch::conv_transpose2d(x, conv1_weight_, conv1_bias_, 1, 2));
    x = torch::relu(torch::conv_transpose2d(x, conv2_weight_, conv2_bias_, 2, 1));
    return torch::tanh(torch::conv_transpose2d(x, conv3_weight_, {}, 2, 1));
  }

  torch::Device device_;
  torch::Dtype dtype_;
  std::int64_t batch_;
  torch::Tensor latents_;
  torch::Tensor labels_;
  // A folded generator's, by FoldedGenerator's names.
  torch::Tensor linear_weight_, linear_bias_, conv1_weight_, conv1_bias_, conv2_weight_, conv2_bias_,
      conv3_weight_;
};

}  // namespace

std::unique_ptr<Sampler> make_aten_sampler(std::int64_t latent_dim, torch::Device device, bool bfloat16,
                                           std::int64_t batch) {
  return std::make_unique<AtenSampler>(latent_dim, device, bfloat16, batch);
}

std::unique_ptr<Sampler> make_bfloat16_sampler(std::int64_t latent_dim) {
  return std::make_unique<FusedSampler<kernels::BFloat16>>(latent_dim);
}

}  // namespace dcgan
