#pragma once

#include <torch/torch.h>

#include "random/dropout.h"

namespace dcgan {

/// The factors of the discriminator's two hidden activations: 0 for a dropped element, 1 / (1 - p) for a
/// kept one. Undefined tensors leave the activations as they are.
struct DropoutMasks {
  torch::Tensor hidden1;  // N × kHidden1
  torch::Tensor hidden2;  // N × kHidden2
};

/// The discriminator's dropout on any device.
struct DeviceDropout : Dropout {
  at::Generator cuda;  // the model's own generator, on CUDA alone
};

/// Returns the seed of the masks of a step on CUDA. `pass`: the number of the step's first pass.
std::uint64_t mask_seed(const Dropout& dropout, std::uint64_t pass);

/// Prepares the masks of a step. On CUDA they come from LibTorch's Philox generator, which gets a seed here
/// for the whole step, because no seed can be set in a captured graph.
void seed_masks(DeviceDropout& dropout, torch::Device device);

/// Draws the masks of the next pass, over `batch` images.
DropoutMasks next_masks(DeviceDropout& dropout, std::int64_t batch, torch::Device device, torch::Dtype dtype);

}  // namespace dcgan
