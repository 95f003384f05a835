#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "peers/slice.h"

namespace dcgan {

/// The factors of the discriminator's two hidden activations: 0 for a dropped element, 1 / (1 - p) for a
/// kept one. Undefined tensors leave the activations as they are.
struct DropoutMasks {
  torch::Tensor hidden1;  // N × kHidden1
  torch::Tensor hidden2;  // N × kHidden2
};

/// The discriminator's dropout (Srivastava et al. 2014), drawn from a counter: a mask is a function of the
/// model's key, the number of the discriminator's pass, the layer and the element.
struct Dropout {
  double probability = 0.3;
  std::uint64_t key = 0;
  std::uint64_t pass = 0;  // the number of passes made, which a state file keeps
  at::Generator cuda;      // the model's own generator, on CUDA alone
  Slice slice;             // the images of the mini-batch that this process computes

  double scale() const { return 1.0 / (1.0 - probability); }
};

/// The tile that a mask belongs to: a hidden layer, from 0, and a pixel of its map.
struct MaskPlace {
  std::uint32_t layer;
  std::int64_t pixel;
};

/// Writes the mask of one tile, images × channels bytes: 1 for a kept element and 0 for a dropped one. The
/// images are this process's slice of one mini-batch, or of several, one after the other.
void keep_tile(const Dropout& dropout, MaskPlace place, std::int64_t images, std::int64_t channels,
               std::uint8_t* out);

/// Returns the seed of the masks of a step on CUDA. `pass`: the number of the step's first pass.
std::uint64_t mask_seed(const Dropout& dropout, std::uint64_t pass);

/// Prepares the masks of a step. On CUDA they come from LibTorch's Philox generator, which gets a seed here
/// for the whole step, because no seed can be set in a captured graph.
void seed_masks(Dropout& dropout, torch::Device device);

/// Draws the masks of the next pass, over `batch` images.
DropoutMasks next_masks(Dropout& dropout, std::int64_t batch, torch::Device device, torch::Dtype dtype);

}  // namespace dcgan
