#pragma once

#include "model/generator.h"

namespace dcgan {

/// The exponential moving average of a generator's weights and running statistics over training steps. The
/// counters of batches are the generator's. Its images are better than the images of any single step (Yazıcı
/// et al. 2019, "The unusual effectiveness of averaging in GAN training").
class WeightAverage {
 public:
  /// Begins at the generator's weights. `decay`: above 0 and below 1.
  WeightAverage(double decay, Generator& generator);

  /// Returns the generator's weight in the average after training step `step`, counted from 0: 1 − decay. The
  /// decay begins at 0.1 and rises to its value. Otherwise the untrained weights would count for thousands of
  /// steps.
  double weight(std::int64_t step) const;

  /// Moves the average towards the generator. `weight`: one value, on the generator's device, because a CUDA
  /// graph reads it at each replay.
  void update(const torch::Tensor& weight, Generator& generator);

  /// Begins the average again at the generator's current weights.
  void reset(Generator& generator);

  Generator& generator() { return average_; }

 private:
  double decay_;
  Generator average_;
};

}  // namespace dcgan
