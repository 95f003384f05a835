#pragma once

#include <torch/torch.h>

#include "contract.h"

namespace dcgan {

/// The objective of both networks.
struct Objective {
  LossKind kind = LossKind::kBce;
  double label_smoothing = 0;
};

/// A loss, and its gradients with respect to the logits that it was computed from. Every kind of step trains
/// by these gradients: a loss is written here and nowhere else.
struct Loss {
  torch::Tensor value;
  torch::Tensor real;  // what real and what generated images have of it; undefined where they have no parts
  torch::Tensor fake;
  torch::Tensor real_gradient;  // undefined where the loss is not differentiated by real logits
  torch::Tensor fake_gradient;
};

/// Logits: N each, of real and of generated images, out of a mini-batch of `batch`: a loss is the part of its
/// mean that these have.
///
/// kBce (Goodfellow et al. 2014): the mean binary cross-entropy of real images labelled 1 − label_smoothing
/// plus that of generated images labelled 0. kRelativistic (Jolicoeur-Martineau 2019; RpGAN in Huang et al.
/// 2024): the mean of softplus(−(D(x) − D(G(z)))), of each real image paired with a generated one.
Loss discriminator_loss(const Objective& objective, const torch::Tensor& real_logits,
                        const torch::Tensor& fake_logits, std::int64_t batch);

/// kBce: the mean binary cross-entropy of generated images labelled 1, the non-saturating loss of the same
/// paper. kRelativistic: the mean of softplus(D(x) − D(G(z))); kBce takes no real logits.
Loss generator_loss(const Objective& objective, const torch::Tensor& real_logits,
                    const torch::Tensor& fake_logits, std::int64_t batch);

}  // namespace dcgan
