#pragma once

#include "contract.h"
#include "model/discriminator.h"
#include "model/generator.h"
#include "model/losses.h"
#include "random/dropout.h"
#include "training/adam.h"

namespace dcgan {

/// Learning rates and penalties of an epoch.
struct Rates {
  double disc_lr = 0;
  double gen_lr = 0;
  double r1 = 0;
  double r2 = 0;
  bool operator==(const Rates&) const = default;
};

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
  Objective objective;
  std::int64_t disc_steps;
  Rates rates;

  /// Trains on with these.
  void use(const Rates& now);
};

}  // namespace dcgan
