#pragma once

#include <torch/torch.h>

namespace dcgan {

/// The inputs of K consecutive steps on mini-batches of one size, on the networks' device, next to the model
/// and the data set.
struct StepInputs {
  torch::Tensor rows;     // K × B, int64: which images of the data set
  torch::Tensor latents;  // K × (disc_steps · B) × latent_dim, float32
  torch::Tensor
      label_offsets;      // K × (disc_steps · B), int64: draw_label_offset(); undefined without mismatch
  torch::Tensor weights;  // K: WeightAverage::weight() of each step; undefined without an average

  std::int64_t steps() const { return rows.size(0); }
  std::int64_t batch() const { return rows.size(1); }
};

}  // namespace dcgan
