#pragma once

#include "contract.h"
#include "model/discriminator.h"
#include "model/generator.h"
#include "random/dropout.h"
#include "training/adam.h"

namespace dcgan {

/// The two adversaries with their optimisers, on one device: all that a step changes.
struct Networks {
  Networks(const Config& config, torch::Device device);

  torch::Device device;
  /// float32 master weights in both precisions that users see; float64 in tests.
  torch::Dtype dtype;
  bool bfloat16;
  Generator generator;
  Discriminator discriminator;
  Adam generator_adam;
  Adam discriminator_adam;
  Dropout dropout;
};

}  // namespace dcgan
