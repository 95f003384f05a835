#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "contract.h"

namespace dcgan {

inline constexpr std::int64_t kFeatures = 128;

/// The weights of the classifier that quality/classifier.py trains, float32 on the CPU: two convolutions,
/// each with a ReLU and a 2 × 2 maximum, and two dense layers.
struct ClassifierWeights {
  Floats conv1_weight;   // 32 × 1 × 5 × 5
  Floats conv1_bias;     // 32
  Floats conv2_weight;   // 64 × 32 × 5 × 5
  Floats conv2_bias;     // 64
  Floats hidden_weight;  // 128 × 1024
  Floats hidden_bias;    // 128
  Floats output_weight;  // classes × 128
  Floats output_bias;    // classes
};

/// Throws ERR_DCGAN_BAD_CHECKPOINT if a tensor is missing or has another shape.
ClassifierWeights classifier_weights(const std::vector<HostTensor>& tensors);

/// Reads digits, or the classes of other images. Its result for an image has the same bits alone and next to
/// any others, and on any number of threads.
class Classifier {
 public:
  explicit Classifier(const ClassifierWeights& weights);
  virtual ~Classifier() = default;

  /// `pixels`: count × 784 grey levels. Writes the activations of the last hidden layer, count × kFeatures.
  virtual void describe(const std::uint8_t* pixels, std::int64_t count, float* features) = 0;

  std::int64_t classes() const { return static_cast<std::int64_t>(bias_.size()); }

  /// Writes the probabilities of the classes, count × classes().
  void read(const float* features, std::int64_t count, double* probabilities) const;

 private:
  std::vector<double> weight_;
  std::vector<double> bias_;
};

/// Makes the classifier of this project's kernels.
std::unique_ptr<Classifier> make_fused_classifier(const ClassifierWeights& weights);

}  // namespace dcgan
