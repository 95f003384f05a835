#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "model/generator.h"

namespace dcgan {

/// The generator prepared for inference: batch normalisation is folded into the weights, and there is no
/// autograd. An image has the same bits alone and beside any others, because each is computed by itself, or
/// in a batch of fixed size.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Folds and packs the generator's current weights and running statistics.
  virtual void prepare(Generator& generator) = 0;

  /// Writes count × 784 values in (-1, 1). `latents`: count × latent_dim, float32. `labels`: one per image,
  /// or null if there are no classes.
  virtual void run(const float* latents, const std::uint8_t* labels, std::int64_t count, float* images) = 0;
};

/// Makes a sampler that uses ATen's operators, on any device, with `batch` images per forward pass.
std::unique_ptr<Sampler> make_aten_sampler(std::int64_t latent_dim, torch::Device device, bool bfloat16,
                                           std::int64_t batch);

/// Makes a sampler that uses oneDNN's micro-kernels, on a CPU that can run the fused step.
std::unique_ptr<Sampler> make_fused_sampler(std::int64_t latent_dim, bool bfloat16);

/// Writes round(255 (x + 1) / 2) for each value x.
void grey_levels(const float* images, std::int64_t values, std::uint8_t* out);

}  // namespace dcgan
