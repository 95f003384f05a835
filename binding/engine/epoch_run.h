#pragma once

#include <functional>

#include "contract.h"

namespace dcgan {

/// The functions of the model's thread that an epoch needs.
struct EpochHost {
  /// Serves the requests in the queue. Called after each step.
  std::function<void()> serve;
  /// Returns true if the epoch was cancelled or the engine stopped.
  std::function<bool()> cancelled;
  /// Serves the queue until the previous checkpoint event is acknowledged.
  std::function<void()> await_checkpoint;
  /// Returns the grey levels of the fixed latent vectors' images.
  std::function<std::vector<std::uint8_t>()> snapshot;
  /// Returns the whole state of the model.
  std::function<State()> state;
  /// Publishes how far training is, for other threads.
  std::function<void(const Position&)> publish;
  /// True to read each step's losses after it. On CUDA that would wait for the device.
  bool checks_steps = true;
};

/// Trains to the end of the running epoch; if none is running, trains the next one. Throws ERR_DCGAN_DIVERGED
/// if a loss is not finite.
EpochResult run_epoch(TrainingModel& model, const EpochRequest& request, EpochObserver& observer,
                      const EpochHost& host);

}  // namespace dcgan
