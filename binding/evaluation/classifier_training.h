#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "contract.h"

namespace dcgan {

/// Trains a classifier of the shipped one's architecture on labelled images, as quality/classifier.py does,
/// in pieces. It is tested on other images: those that are given, otherwise every tenth one, which is held
/// back.
class ClassifierRun : public ClassifierTraining {
 public:
  ClassifierRun(const TrainingSet& set, std::int64_t classes, std::uint64_t seed, torch::Device device);
  ClassifierRun(const TrainingSet& set, const TrainingSet& test, std::int64_t classes, std::uint64_t seed,
                torch::Device device);

  static constexpr std::int64_t kBatch = 128;
  /// Returns the number of steps for so many images.
  static std::int64_t steps_for(std::int64_t count);

  /// Makes some steps. Throws ERR_DCGAN_DIVERGED if the loss is no longer finite.
  ClassifierProgress advance() override;
  void step();
  /// Returns the share of the other images that are read as their labels.
  double accuracy();

 private:
  torch::Tensor features(const torch::Tensor& pixels, bool training);
  torch::Tensor logits(const torch::Tensor& pixels, bool training);
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
  struct Labelled {
    torch::Tensor images;  // count × 1 × 28 × 28, uint8
    torch::Tensor labels;
  };
  Labelled labelled(const TrainingSet& set) const;
  void begin(std::int64_t classes);

  Labelled learned_, tested_;
  torch::Tensor order_;  // of the learned images, in this epoch
  Layer first_, second_;
  torch::Tensor hidden_, hidden_bias_, output_, output_bias_;
  std::vector<torch::Tensor> parameters_;
  std::unique_ptr<torch::optim::Adam> adam_;
  std::int64_t steps_ = 0, done_ = 0, place_ = 0;
};

}  // namespace dcgan
