#include <algorithm>
#include <cstring>

#include "sampling/fold.h"
#include "sampling/sampler.h"
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

  void prepare(Generator& generator) override {
    folded_ = fold(generator);
    for (auto* tensor :
         {&folded_.linear_weight, &folded_.linear_bias, &folded_.conv1_weight, &folded_.conv1_bias,
          &folded_.conv2_weight, &folded_.conv2_bias, &folded_.conv3_weight}) {
      // Copied, because tensors that need no folding would change with the generator.
      *tensor = tensor->to(device_, dtype_, /*non_blocking=*/false, /*copy=*/true);
    }
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
    const auto& bias = folded_.linear_bias;
    const auto dense = bias.size(0) == 1
                           ? torch::linear(latents, folded_.linear_weight, bias[0])
                           : torch::linear(latents, folded_.linear_weight) + bias.index_select(0, labels);
    auto x = torch::relu(dense).view({-1, kDenseMap.channels, kDenseMap.side, kDenseMap.side});
    x = torch::relu(torch::conv_transpose2d(x, folded_.conv1_weight, folded_.conv1_bias, 1, 2));
    x = torch::relu(torch::conv_transpose2d(x, folded_.conv2_weight, folded_.conv2_bias, 2, 1));
    return torch::tanh(torch::conv_transpose2d(x, folded_.conv3_weight, {}, 2, 1));
  }

  torch::Device device_;
  torch::Dtype dtype_;
  std::int64_t batch_;
  torch::Tensor latents_;
  torch::Tensor labels_;
  FoldedGenerator folded_;
};

}  // namespace

std::unique_ptr<Sampler> make_aten_sampler(std::int64_t latent_dim, torch::Device device, bool bfloat16,
                                           std::int64_t batch) {
  return std::make_unique<AtenSampler>(latent_dim, device, bfloat16, batch);
}

void grey_levels(const float* images, std::int64_t values, std::uint8_t* out) {
  for (std::int64_t i = 0; i < values; ++i) {
    out[i] = static_cast<std::uint8_t>(127.5F * (images[i] + 1.0F) + 0.5F);
  }
}

}  // namespace dcgan
