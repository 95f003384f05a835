#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "contract.h"
#include "peers/slice.h"

namespace dcgan {

/// A data set resident on the model's device, dealt in mini-batches by a permutation of its own each epoch.
class MiniBatches {
 public:
  MiniBatches(const TrainingSet& dataset, torch::Device device);

  std::int64_t count() const { return images_.size(0); }
  /// Tells one data set from another: FNV-1a over its images, and over its labels where there are some.
  std::uint64_t hash() const { return hash_; }

  /// Mini-batches of an epoch. A single image that is left over is dropped: batch statistics need two.
  std::int64_t steps(std::int64_t batch_size) const;

  /// The order of an epoch, a function of the key and the epoch alone (int64, on the CPU).
  static torch::Tensor permutation(std::uint64_t key, std::int64_t epoch, std::int64_t count);
  void shuffle(const torch::Tensor& permutation);

  /// Images of a mini-batch.
  std::int64_t size(std::int64_t index, std::int64_t batch_size) const;
  /// Images of a slice of a mini-batch that begins at `first` in the epoch, B × 784 grey levels (uint8), and
  /// their labels, B (int64), undefined where the data set has none; on the device.
  torch::Tensor images(std::int64_t first, const Slice& slice) const;
  torch::Tensor labels(std::int64_t first, const Slice& slice) const;

 private:
  torch::Tensor order(std::int64_t first, const Slice& slice) const;

  torch::Tensor images_;  // count × 784, uint8
  torch::Tensor labels_;  // count, int64, or undefined
  torch::Tensor order_;   // count, int64, on the device
  std::uint64_t hash_;
};

}  // namespace dcgan
