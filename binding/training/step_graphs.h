#pragma once

#include <functional>
#include <memory>
#include <string>

#include "training/networks.h"
#include "training/step_inputs.h"

namespace dcgan {

/// Makes step k of the inputs and returns its losses (kLossValues), without waiting for the device.
using OneStep = std::function<torch::Tensor(const StepInputs& inputs, std::int64_t k)>;

/// CUDA graphs of a model's steps. A replay makes several steps in one launch.
class StepGraphs {
 public:
  /// Steps of one replay, if that many are left.
  static constexpr std::int64_t kSteps = 8;

  virtual ~StepGraphs() = default;

  /// Makes all steps of the inputs and returns their losses, K × kLossValues, on the device. Makes none and
  /// returns an undefined tensor if there can be no graph: for the first steps of each batch size, and after
  /// a capture that failed.
  virtual torch::Tensor replay(const StepInputs& inputs) = 0;

  /// Returns why a capture failed; empty if none did.
  virtual const std::string& failure() const = 0;
};

/// Only defined in builds with CUDA's headers (DCGAN_CUDA_HEADERS).
std::unique_ptr<StepGraphs> make_step_graphs(Networks& networks, OneStep step);

}  // namespace dcgan
