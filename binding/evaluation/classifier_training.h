#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "contract.h"

namespace dcgan {

/// Trains a classifier of the shipped one's architecture on labelled images, as quality/classifier.py does,
/// in pieces. Every tenth image is held back, and tells how many labels the classifier reads correctly.
class ClassifierRun : public ClassifierTraining {
 public:
  ClassifierRun(const TrainingSet& set, std::int64_t classes, std::uint64_t seed, torch::Device device);

  /// Makes some steps. Throws ERR_DCGAN_DIVERGED if the loss is no longer finite.
  ClassifierProgress advance() override;

 private:
  torch::Tensor features(const torch::Tensor& pixels, bool training);
  torch::Tensor logits(const torch::Tensor& rows, bool training);
  void step();
  double accuracy();
  /// Returns the tensors with the batch normalisation folded into the convolutions.
  std::vector<HostTensor> folded() const;

  struct Layer {
    torch::Tensor weight, bias;  // of the normalisation, for a convolution
    torch::Tensor kernel;
    torch::Tensor mean, variance;
  };
  torch::Tensor weight(torch::IntArrayRef shape, std::int64_t inputs);
  Layer convolution(std::int64_t outputs, std::int64_t inputs);
  torch::Tensor convolve(Layer& layer, const torch::Tensor& images, bool training) const;

  torch::Device device_;
  torch::Generator generator_;  // on the CPU: order, weights and dropout
  torch::Tensor images_;        // count × 1 × 28 × 28, uint8
  torch::Tensor labels_;
  torch::Tensor learned_, held_back_;  // rows
  torch::Tensor order_;                // of the learned rows, in this epoch
  Layer first_, second_;
  torch::Tensor hidden_, hidden_bias_, output_, output_bias_;
  std::vector<torch::Tensor> parameters_;
  std::unique_ptr<torch::optim::Adam> adam_;
  std::int64_t steps_ = 0, done_ = 0, place_ = 0;
};

}  // namespace dcgan
