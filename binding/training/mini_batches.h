#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "contract.h"

namespace dcgan {

/// A data set resident on the model's device, dealt in mini-batches by a permutation of its own each epoch.
class MiniBatches {
 public:
  /// `hash`: the data set's.
  MiniBatches(const TrainingSet& dataset, std::uint64_t hash, torch::Device device);

  /// Tells one data set from another: FNV-1a over its images, and over its labels where there are some.
  static std::uint64_t hash_of(const TrainingSet& dataset);

  std::int64_t count() const { return images_.size(0); }
  std::uint64_t hash() const { return hash_; }

  /// Mini-batches of an epoch. A single image that is left over is dropped: batch statistics need two.
  std::int64_t steps(std::int64_t batch_size) const;

  /// The order of an epoch, a function of the key and the epoch alone (int64, on the CPU).
  static torch::Tensor permutation(std::uint64_t key, std::int64_t epoch, std::int64_t count);
  void shuffle(const torch::Tensor& permutation);

  /// Images of a mini-batch.
  std::int64_t size(std::int64_t index, std::int64_t batch_size) const;
  /// Places in the data set of `count` images, from the epoch's `first` on (int64, on the device).
  torch::Tensor rows(std::int64_t first, std::int64_t count) const { return order_.narrow(0, first, count); }
  /// The images in these places, B × 784 grey levels (uint8), and their labels, B (int64), undefined where
  /// the data set has none; on the device.
  torch::Tensor images(const torch::Tensor& rows) const { return images_.index_select(0, rows); }
  torch::Tensor labels(const torch::Tensor& rows) const {
    return labels_.defined() ? labels_.index_select(0, rows) : labels_;
  }

 private:
  torch::Tensor images_;  // count × 784, uint8
  torch::Tensor labels_;  // count, int64, or undefined
  torch::Tensor order_;   // count, int64, on the device
  std::uint64_t hash_;
};

}  // namespace dcgan
