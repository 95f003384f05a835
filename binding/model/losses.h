#pragma once

#include <torch/torch.h>

#include "contract.h"

namespace dcgan {

/// The objective of both networks.
struct Objective {
  LossKind kind = LossKind::kBce;
  double label_smoothing = 0;
};

/// A loss, and its gradients with respect to the logits. Every kind of step uses these gradients, so a loss
/// is defined only here.
struct Loss {
  torch::Tensor value;
  torch::Tensor real;  // the parts of real and of generated images; undefined if the loss has no parts
  torch::Tensor fake;
  torch::Tensor real_gradient;  // undefined if the loss has no gradient with respect to real logits
  torch::Tensor fake_gradient;
  torch::Tensor other_gradient{};  // with respect to add_mismatch()'s logits
};

/// Takes N logits of real and N of generated images, out of a mini-batch of `batch`. Returns the share that
/// these images contribute to the mean loss of the mini-batch.
///
/// kBce (Goodfellow et al. 2014): the mean binary cross-entropy of real images labelled 1 − label_smoothing
/// plus the same of generated images labelled 0. kRelativistic (Jolicoeur-Martineau 2019; RpGAN in Huang et
/// al. 2024): the mean of softplus(−(D(x) − D(G(z)))), of each real image paired with a generated one.
Loss discriminator_loss(const Objective& objective, const torch::Tensor& real_logits,
                        const torch::Tensor& fake_logits, std::int64_t batch);

/// Adds λ · softplus(D(x, another label)), the mean over the real images, to the discriminator's loss: a real
/// image with a wrong label counts as a negative. `logits`: N, of the real images with their other labels.
/// `weight`: λ, on the device.
void add_mismatch(Loss& loss, const torch::Tensor& logits, const torch::Tensor& weight, std::int64_t batch);

/// kBce: the mean binary cross-entropy of generated images labelled 1, the non-saturating loss of Goodfellow
/// et al.; it needs no real logits. kRelativistic: the mean of softplus(D(x) − D(G(z))).
Loss generator_loss(const Objective& objective, const torch::Tensor& real_logits,
                    const torch::Tensor& fake_logits, std::int64_t batch);

}  // namespace dcgan
