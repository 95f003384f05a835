#pragma once

#include <torch/torch.h>

#include <memory>

#include "sampling/sampler.h"

namespace dcgan {

/// Makes a sampler that uses ATen's operators, on any device, with `batch` images per forward pass.
std::unique_ptr<Sampler> make_aten_sampler(std::int64_t latent_dim, torch::Device device, bool bfloat16,
                                           std::int64_t batch);

/// Makes the sampler of this project's kernels in bfloat16, for processors on which bfloat16_products_run()
/// is true.
std::unique_ptr<Sampler> make_bfloat16_sampler(std::int64_t latent_dim);

}  // namespace dcgan
