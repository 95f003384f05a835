#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contract.h"

namespace dcgan {

/// The generator in evaluation mode as four affine layers. Batch normalisation is folded into each layer: the
/// weights become w γ / √(σ² + ε) per output channel, the bias β − μ γ / √(σ² + ε). Row-major float32.
struct FoldedGenerator {
  std::int64_t latent_dim = 0;
  std::int64_t classes = 0;  // 0: unconditional
  Floats linear_weight;      // 12544 × latent_dim
  Floats linear_bias;        // max(1, classes) × 12544: a label is part of the bias
  Floats conv1_weight;       // 256 × 128 × 5 × 5
  Floats conv1_bias;         // 128
  Floats conv2_weight;       // 128 × 64 × 4 × 4
  Floats conv2_bias;         // 64
  Floats conv3_weight;       // 64 × 1 × 4 × 4
};

/// Folds a generator's tensors, which have the names of a state file (docs/state-file.md) behind `prefix`.
/// Throws ERR_DCGAN_BAD_CHECKPOINT if a tensor is missing or has another type or shape.
FoldedGenerator fold(const std::vector<HostTensor>& tensors, const std::string& prefix,
                     std::int64_t latent_dim, std::int64_t classes);

}  // namespace dcgan
