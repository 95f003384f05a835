#include "model/losses.h"

namespace dcgan {

static torch::Tensor cross_entropy(const torch::Tensor& logits, double label) {
  return torch::binary_cross_entropy_with_logits(logits, torch::full_like(logits, label));
}

torch::Tensor discriminator_loss(const torch::Tensor& real_logits, const torch::Tensor& fake_logits) {
  return cross_entropy(real_logits, 1.0) + cross_entropy(fake_logits, 0.0);
}

torch::Tensor generator_loss(const torch::Tensor& fake_logits) { return cross_entropy(fake_logits, 1.0); }

}  // namespace dcgan
