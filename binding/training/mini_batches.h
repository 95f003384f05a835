#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "contract.h"

namespace dcgan {

/// A data set on the model's device. Each epoch deals it out in mini-batches, in an order of its own.
class MiniBatches {
 public:
  /// `hash`: as hash_of() returns it.
  MiniBatches(const TrainingSet& dataset, std::uint64_t hash, torch::Device device);

  /// Returns the data set's fingerprint: FNV-1a over its images, and over its labels if it has some.
  static std::uint64_t hash_of(const TrainingSet& dataset);

  std::int64_t count() const { return images_.size(0); }
  std::uint64_t hash() const { return hash_; }

  /// Returns the number of mini-batches in an epoch. If one image is left over, it is dropped, because batch
  /// statistics need two.
  std::int64_t steps(std::int64_t batch_size) const;

  /// Draws the order of an epoch, which depends only on the arguments (int64, on the CPU).
  static torch::Tensor permutation(std::uint64_t key, std::int64_t epoch, std::int64_t count);
  void shuffle(const torch::Tensor& permutation);

  /// Returns the number of images in a mini-batch.
  std::int64_t size(std::int64_t index, std::int64_t batch_size) const;
  /// Returns which images of the data set are number first to first + count − 1 of the epoch (int64, on the
  /// device).
  torch::Tensor rows(std::int64_t first, std::int64_t count) const { return order_.narrow(0, first, count); }
  /// Return these images, B × 784 grey levels (uint8), and their labels, B (int64), on the device. The labels
  /// are undefined if the data set has none.
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
