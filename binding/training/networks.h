#pragma once

#include "contract.h"
#include "model/discriminator.h"
#include "model/generator.h"
#include "model/losses.h"
#include "model/masks.h"
#include "peers/peers.h"
#include "training/adam.h"

namespace dcgan {

/// Learning rates and weights of the loss's further terms, in an epoch.
struct Rates {
  double disc_lr = 0;
  double gen_lr = 0;
  double r1 = 0;
  double r2 = 0;
  double mismatch = 0;
  bool operator==(const Rates&) const = default;
};

/// The two networks with their optimisers, on one device: everything that a step changes.
struct Networks {
  /// `peers`: null if this process trains alone.
  Networks(const Config& config, torch::Device device, Peers* peers);

  torch::Device device;
  /// float32, also if the step computes in bfloat16; float64 in tests.
  torch::Dtype dtype;
  bool bfloat16;
  Generator generator;
  Discriminator discriminator;
  Adam generator_adam;
  Adam discriminator_adam;
  DeviceDropout dropout;
  Objective objective;
  std::int64_t disc_steps;
  Rates rates;
  // On the device, float64, because a CUDA graph reads them at each replay:
  torch::Tensor penalties;  // r1 and r2
  torch::Tensor mismatch;   // one value
  Peers* peers;
  Slice slice;  // the images of the step's mini-batch that this process computes

  void set_rates(const Rates& now);
  /// Divides the next step's mini-batch among the processes. Returns this process's slice.
  const Slice& divide(std::int64_t images);
  /// Sums a network's gradients over all processes, and updates the network with them.
  void update(Adam& adam);
};

}  // namespace dcgan
