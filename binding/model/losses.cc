#include "model/losses.h"

namespace dcgan {

namespace {

/// A part of a loss, and its gradient with respect to the logits or to the margin between them.
struct Term {
  torch::Tensor value;
  torch::Tensor gradient;
};

/// Rescales the mean over this process's images, so that the sum over all processes is the mean over the
/// mini-batch of `batch` images. With one process it changes nothing.
torch::Tensor part(const torch::Tensor& mean, const torch::Tensor& values, std::int64_t batch) {
  return mean * (static_cast<double>(values.numel()) / static_cast<double>(batch));
}

Term cross_entropy(const torch::Tensor& logits, double label, std::int64_t batch) {
  const auto mean = torch::binary_cross_entropy_with_logits(logits, torch::full_like(logits, label));
  return {part(mean, logits, batch), (torch::sigmoid(logits) - label) / batch};
}

/// Returns the mean of softplus(−margin), and its gradient with respect to the margin.
Term pairing(const torch::Tensor& margin, std::int64_t batch) {
  return {part(-torch::log_sigmoid(margin).mean(), margin, batch), -torch::sigmoid(-margin) / batch};
}

}  // namespace

Loss discriminator_loss(const Objective& objective, const torch::Tensor& real_logits,
                        const torch::Tensor& fake_logits, std::int64_t batch) {
  torch::NoGradGuard no_grad;
  if (objective.kind == LossKind::kRelativistic) {
    const auto pairs = pairing(real_logits - fake_logits, batch);
    return {pairs.value, {}, {}, pairs.gradient, -pairs.gradient};
  }
  const auto real = cross_entropy(real_logits, 1.0 - objective.label_smoothing, batch);
  const auto fake = cross_entropy(fake_logits, 0.0, batch);
  return {real.value + fake.value, real.value, fake.value, real.gradient, fake.gradient};
}

void add_mismatch(Loss& loss, const torch::Tensor& logits, const torch::Tensor& weight, std::int64_t batch) {
  torch::NoGradGuard no_grad;
  // pairing(margin) is softplus(-margin), so this is softplus(logits); hence also the minus of the gradient.
  const auto other = pairing(-logits, batch);
  const auto factor = weight.to(logits.scalar_type());
  const auto value = factor * other.value;
  loss.value = loss.value + value;
  if (loss.real.defined()) loss.real = loss.real + value;
  loss.other_gradient = -factor * other.gradient;
}

Loss generator_loss(const Objective& objective, const torch::Tensor& real_logits,
                    const torch::Tensor& fake_logits, std::int64_t batch) {
  torch::NoGradGuard no_grad;
  const auto loss = objective.kind == LossKind::kRelativistic ? pairing(fake_logits - real_logits, batch)
                                                              : cross_entropy(fake_logits, 1.0, batch);
  return {loss.value, {}, {}, {}, loss.gradient};
}

}  // namespace dcgan
