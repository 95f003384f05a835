#pragma once

#include <cstdint>

#include "random/slice.h"

namespace dcgan {

/// The discriminator's dropout (Srivastava et al. 2014), drawn from a counter: a mask is a function of the
/// model's key, the number of the discriminator's pass, the layer and the element.
struct Dropout {
  double probability = 0.3;
  std::uint64_t key = 0;
  std::uint64_t pass = 0;  // the number of passes made, which a state file keeps
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

}  // namespace dcgan
