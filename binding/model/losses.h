#pragma once

#include <torch/torch.h>

namespace dcgan {

/// Binary cross-entropy with logits (Goodfellow et al. 2014, non-saturating): the mean for real images
/// labelled 1 plus the mean for fake images labelled 0.
torch::Tensor discriminator_loss(const torch::Tensor& real_logits, const torch::Tensor& fake_logits);

/// The mean binary cross-entropy of fake images labelled 1.
torch::Tensor generator_loss(const torch::Tensor& fake_logits);

}  // namespace dcgan
