#pragma once

#include <cstdint>
#include <memory>

#include "sampling/folded_generator.h"

namespace dcgan {

/// Makes images. An image has the same bits alone and together with any others, because each is computed by
/// itself, or in a batch of fixed size.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Packs a generator. Copies all that it needs.
  virtual void prepare(const FoldedGenerator& generator) = 0;

  /// Writes count × 784 values in (-1, 1). `latents`: count × latent_dim, float32. `labels`: one per image,
  /// or null if there are no classes.
  virtual void run(const float* latents, const std::uint8_t* labels, std::int64_t count, float* images) = 0;
};

/// Makes the sampler of this project's kernels, in float32.
std::unique_ptr<Sampler> make_sampler(std::int64_t latent_dim);

/// Writes round(255 (x + 1) / 2) for each value x.
inline void grey_levels(const float* images, std::int64_t values, std::uint8_t* out) {
  for (std::int64_t i = 0; i < values; ++i) {
    out[i] = static_cast<std::uint8_t>(127.5F * (images[i] + 1.0F) + 0.5F);
  }
}

}  // namespace dcgan
