#pragma once

#include <functional>

#include "contract.h"
#include "training/trainer.h"

namespace dcgan {

/// What the thread offers to an epoch that runs on it.
struct EpochHost {
  /// Serves what waits in the queue; called after every step.
  std::function<void()> serve;
  /// True once the epoch was cancelled or the engine stopped.
  std::function<bool()> cancelled;
  /// Serves the queue until the last checkpoint event was acknowledged.
  std::function<void()> await_checkpoint;
  /// The fixed latents' grey levels.
  std::function<std::vector<std::uint8_t>()> snapshot;
  /// Tells other threads how far training is.
  std::function<void(const Position&)> publish;
};

/// Trains to the end of the running epoch, or through the next one. Throws ERR_DCGAN_DIVERGED on a loss that
/// is not finite: at its step on the CPU, when losses are next read on CUDA.
EpochResult run_epoch(Trainer& trainer, const EpochRequest& request, EpochObserver& observer,
                      const EpochHost& host);

}  // namespace dcgan
