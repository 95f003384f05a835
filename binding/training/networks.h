#pragma once

#include "contract.h"
#include "model/discriminator.h"
#include "model/generator.h"
#include "model/losses.h"
#include "peers/peers.h"
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
  /// `peers`: null where this process trains alone.
  Networks(const Config& config, torch::Device device, Peers* peers);

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
  torch::Tensor penalties;  // r1 and r2 of the rates on the device (2, float64), where a captured graph reads
  Peers* peers;
  Slice slice;  // of the mini-batch of the step

  /// Trains on with these.
  void use(const Rates& now);
  /// Divides a mini-batch among the processes, and makes the next step one on this process's slice.
  const Slice& divide(std::int64_t images);
  /// Updates a network from the gradients that all processes have of it.
  void update(Adam& adam);
};

}  // namespace dcgan
