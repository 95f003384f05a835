#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "model/generator.h"

namespace dcgan {

/// The generator prepared for inference: batch normalisation folded into the weights, no autograd. An image
/// is the same, bit for bit, alone and in any company: each is computed by itself, or in a batch of fixed
/// size.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Folds and packs the generator's present weights and running statistics.
  virtual void prepare(Generator& generator) = 0;

  /// `latents`: count × latent_dim, float32; `labels`: one for each image, or null where there are no
  /// classes. Writes count × 784 values x in (-1, 1).
  virtual void run(const float* latents, const std::uint8_t* labels, std::int64_t count, float* images) = 0;
};

/// On ATen's operators, on any device; `batch` images a forward.
std::unique_ptr<Sampler> make_module_sampler(std::int64_t latent_dim, torch::Device device, bool bfloat16,
                                             std::int64_t batch);

/// Products of oneDNN's micro-kernels, on the CPU where the fused step runs too.
std::unique_ptr<Sampler> make_fused_sampler(std::int64_t latent_dim, bool bfloat16);

/// round(255 (x + 1) / 2).
void grey_levels(const float* images, std::int64_t values, std::uint8_t* out);

}  // namespace dcgan
