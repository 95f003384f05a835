#pragma once

#include "training/networks.h"

namespace dcgan {

// The zero-centred gradient penalties on real (R1) and on generated images (R2): γ/2 · E‖∇ₓD(x)‖², where D(x)
// is the logit, computed with the same dropout as the loss (Mescheder et al. 2018; both together in Huang et
// al. 2024).

inline bool penalised(const Rates& rates) { return rates.r1 > 0 || rates.r2 > 0; }

/// Returns γ / images of the mini-batch for each image (2N): N real ones, then N generated ones.
torch::Tensor penalty_weights(const Networks& networks, const torch::TensorOptions& options);

/// Returns both penalties (2), from ‖∇ₓD(x)‖² of each image (2N).
torch::Tensor penalties_of(const torch::Tensor& weights, const torch::Tensor& squares);

}  // namespace dcgan
