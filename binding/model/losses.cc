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

/// The mean of softplus(−margin), and its gradient with respect to the margin.
CrossEntropy pairing(const torch::Tensor& margin) {
  return {-torch::log_sigmoid(margin).mean(), -torch::sigmoid(-margin) / margin.numel()};
}

}  // namespace

Loss discriminator_loss(const Objective& objective, const torch::Tensor& real_logits,
                        const torch::Tensor& fake_logits) {
  torch::NoGradGuard no_grad;
  if (objective.kind == LossKind::kRelativistic) {
    const auto pairs = pairing(real_logits - fake_logits);
    return {pairs.value, {}, {}, pairs.gradient, -pairs.gradient};
  }
  const auto real = cross_entropy(real_logits, 1.0 - objective.label_smoothing);
  const auto fake = cross_entropy(fake_logits, 0.0);
  return {real.value + fake.value, real.value, fake.value, real.gradient, fake.gradient};
}

Loss generator_loss(const Objective& objective, const torch::Tensor& real_logits,
                    const torch::Tensor& fake_logits) {
  torch::NoGradGuard no_grad;
  const auto loss = objective.kind == LossKind::kRelativistic ? pairing(fake_logits - real_logits)
                                                              : cross_entropy(fake_logits, 1.0);
  return {loss.value, {}, {}, {}, loss.gradient};
}

}  // namespace dcgan
