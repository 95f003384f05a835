#pragma once

#include <functional>
#include <memory>
#include <string>

#include "training/networks.h"
#include "training/step_inputs.h"

namespace dcgan {

/// Makes the k-th of the steps that the inputs are for and returns its losses (kLossValues), without a wait
/// for the device.
using OneStep = std::function<torch::Tensor(const StepInputs& inputs, std::int64_t k)>;

/// The steps of a model, captured in CUDA graphs and replayed: one launch for several steps.
class StepGraphs {
 public:
  /// Steps of one replay, where so many are left.
  static constexpr std::int64_t kSteps = 8;

  virtual ~StepGraphs() = default;

  /// Makes all steps of the inputs and returns their losses, K × kLossValues, on the device. Undefined where
  /// they must be made without a graph: the first steps of a batch size, and all after a capture that failed.
  virtual torch::Tensor replay(const StepInputs& inputs) = 0;

  /// Why capture failed; empty where it did not.
  virtual const std::string& failure() const = 0;
};

/// Defined where CUDA's headers are (DCGAN_CUDA_HEADERS).
std::unique_ptr<StepGraphs> make_step_graphs(Networks& networks, OneStep step);

}  // namespace dcgan
