#pragma once

#include "model/generator.h"

namespace dcgan {

/// Exponential moving average of a generator's weights and running statistics over training steps: its images
/// are better than those of any single step (Yazıcı et al. 2019, "The unusual effectiveness of averaging in
/// GAN training").
class WeightAverage {
 public:
  /// Begins at the generator's weights. `decay`: above 0 and below 1.
  WeightAverage(double decay, Generator& generator);

  /// The weight of the generator after training step `step`, counted from 0: 1 less the decay. The decay
  /// rises to its value from 0.1, or the untrained weights would weigh for thousands of steps.
  double weight(std::int64_t step) const;

  /// Takes in the generator's weights. `weight`: one value, on the generator's device, so that a captured
  /// graph reads it anew at each replay.
  void update(const torch::Tensor& weight, Generator& generator);

  /// Forgets the past: the average is the generator as it stands.
  void reset(Generator& generator);

  Generator& generator() { return average_; }

 private:
  double decay_;
  Generator average_;
};

}  // namespace dcgan
