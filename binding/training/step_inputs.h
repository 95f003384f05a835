#pragma once

#include <torch/torch.h>

namespace dcgan {

/// The inputs of consecutive steps on mini-batches of one size, on the networks' device. The model and the
/// data set are not among them.
struct StepInputs {
  torch::Tensor rows;     // K × B, int64: places of the images in the data set
  torch::Tensor latents;  // K × (disc_steps · B) × latent_dim, float32
  torch::Tensor weights;  // K: those of the generator in its average; undefined without an average

  std::int64_t steps() const { return rows.size(0); }
  std::int64_t batch() const { return rows.size(1); }
};

}  // namespace dcgan
