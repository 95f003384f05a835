#include "sampling/fused_sampler.h"

namespace dcgan {

std::unique_ptr<Sampler> make_sampler(std::int64_t latent_dim) {
  return std::make_unique<FusedSampler<float>>(latent_dim);
}

}  // namespace dcgan
