#include "model/losses.h"

namespace dcgan {

namespace {

struct CrossEntropy {
  torch::Tensor value;
  torch::Tensor gradient;
};

CrossEntropy cross_entropy(const torch::Tensor& logits, double label) {
  return {torch::binary_cross_entropy_with_logits(logits, torch::full_like(logits, label)),
          (torch::sigmoid(logits) - label) / logits.numel()};
}

}  // namespace

Loss discriminator_loss(const torch::Tensor& real_logits, const torch::Tensor& fake_logits) {
  torch::NoGradGuard no_grad;
  const auto real = cross_entropy(real_logits, 1.0);
  const auto fake = cross_entropy(fake_logits, 0.0);
  return {real.value + fake.value, real.gradient, fake.gradient};
}

Loss generator_loss(const torch::Tensor& fake_logits) {
  torch::NoGradGuard no_grad;
  const auto fake = cross_entropy(fake_logits, 1.0);
  return {fake.value, {}, fake.gradient};
}

}  // namespace dcgan
