#pragma once

#include <torch/torch.h>

namespace dcgan {

/// A loss, and its gradients with respect to the logits that it was computed from. Both kinds of step train
/// by these gradients: a loss is written here and nowhere else.
struct Loss {
  torch::Tensor value;
  torch::Tensor real_gradient;  // undefined where the loss has no real logits
  torch::Tensor fake_gradient;
};

/// Binary cross-entropy with logits (Goodfellow et al. 2014): the mean for real images labelled 1 plus the
/// mean for fake images labelled 0. Logits: N.
Loss discriminator_loss(const torch::Tensor& real_logits, const torch::Tensor& fake_logits);

/// The mean binary cross-entropy of fake images labelled 1: the non-saturating loss of the same paper.
Loss generator_loss(const torch::Tensor& fake_logits);

}  // namespace dcgan
