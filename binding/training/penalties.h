#pragma once

#include "training/networks.h"

namespace dcgan {

/// The zero-centred gradient penalties on real (R1) and on generated images (R2): γ/2 · E‖∇ₓD(x)‖² of the
/// logit D(x), with the dropout of the pass that the loss is of (Mescheder et al. 2018; both together in
/// Huang et al. 2024).
inline bool penalised(const Rates& rates) { return rates.r1 > 0 || rates.r2 > 0; }

/// Each image's γ over the images of the mini-batch, 2N: the real ones first.
torch::Tensor penalty_weights(const Networks& networks, const torch::TensorOptions& options);

/// Both penalties (2) out of each image's ‖∇ₓD(x)‖² (2N).
torch::Tensor penalties_of(const torch::Tensor& weights, const torch::Tensor& squares);

}  // namespace dcgan
