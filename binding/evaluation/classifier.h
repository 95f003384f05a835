#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "contract.h"

namespace dcgan {

inline constexpr std::int64_t kFeatures = 128;

/// The weights of the classifier that quality/classifier.py trains, float32 on the CPU: two convolutions,
/// each with a ReLU and a 2 × 2 maximum, and two dense layers.
struct ClassifierWeights {
  torch::Tensor conv1_weight;   // 32 × 1 × 5 × 5
  torch::Tensor conv1_bias;     // 32
  torch::Tensor conv2_weight;   // 64 × 32 × 5 × 5
  torch::Tensor conv2_bias;     // 64
  torch::Tensor hidden_weight;  // 128 × 1024
  torch::Tensor hidden_bias;    // 128
  torch::Tensor output_weight;  // 10 × 128
  torch::Tensor output_bias;    // 10
};

/// Throws ERR_DCGAN_BAD_CHECKPOINT if a tensor is missing or has another shape.
ClassifierWeights classifier_weights(const std::vector<HostTensor>& tensors);

/// Reads digits. Its result for an image has the same bits alone and beside any others, and on any number of
/// threads.
class Classifier {
 public:
  explicit Classifier(const ClassifierWeights& weights);
  virtual ~Classifier() = default;

  /// `pixels`: count × 784 grey levels. Writes the activations of the last hidden layer, count × kFeatures.
  virtual void describe(const std::uint8_t* pixels, std::int64_t count, float* features) = 0;

  /// Writes the probabilities of the digits, count × kDigits.
  void read(const float* features, std::int64_t count, double* probabilities) const;

 private:
  std::vector<double> weight_;
  std::vector<double> bias_;
};

/// Makes a classifier that uses ATen's operators, on any device, with `batch` images per forward pass.
std::unique_ptr<Classifier> make_aten_classifier(const ClassifierWeights& weights, torch::Device device,
                                                 std::int64_t batch);

/// Makes a classifier that uses oneDNN's micro-kernels, on a CPU that can run the fused sampler in float32.
std::unique_ptr<Classifier> make_fused_classifier(const ClassifierWeights& weights);

}  // namespace dcgan
