#pragma once

#include <torch/torch.h>

#include "model/generator.h"

namespace dcgan {

/// The generator in evaluation mode as four affine layers (float32, CPU or device). Batch normalisation is
/// folded into each layer: the weights become w γ / √(σ² + ε) per output channel, the bias β − μ γ / √(σ² +
/// ε).
struct FoldedGenerator {
  torch::Tensor linear_weight;  // 12544 × latent_dim
  torch::Tensor linear_bias;    // max(1, classes) × 12544: a label is part of the bias
  torch::Tensor conv1_weight;   // 256 × 128 × 5 × 5
  torch::Tensor conv1_bias;     // 128
  torch::Tensor conv2_weight;   // 128 × 64 × 4 × 4
  torch::Tensor conv2_bias;     // 64
  torch::Tensor conv3_weight;   // 64 × 1 × 4 × 4
};

FoldedGenerator fold(Generator& generator);

}  // namespace dcgan
