#include "classifier/classifier.h"

#include <algorithm>
#include <cmath>

#include "host_tensors.h"

namespace dcgan {

namespace {

std::vector<double> widened(const Floats& values) { return {values.begin(), values.end()}; }

/// Works in place. Subtracts the largest logit first, so that no exponential overflows.
void softmax(double* logits, std::int64_t classes) {
  const double largest = *std::max_element(logits, logits + classes);
  double sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    logits[c] = std::exp(logits[c] - largest);
    sum += logits[c];
  }
  for (std::int64_t c = 0; c < classes; ++c) logits[c] /= sum;
}

}  // namespace

ClassifierWeights classifier_weights(const std::vector<HostTensor>& tensors) {
  const auto bias = std::find_if(tensors.begin(), tensors.end(),
                                 [](const HostTensor& tensor) { return tensor.name == "output.bias"; });
  const auto classes = bias == tensors.end() || bias->shape.empty() ? 0 : bias->shape[0];
  const auto of = [&](const char* name, const std::vector<std::int64_t>& shape) {
    return floats_of(tensors, name, shape);
  };
  return {of("conv1.weight", {32, 1, 5, 5}),         of("conv1.bias", {32}),
          of("conv2.weight", {64, 32, 5, 5}),        of("conv2.bias", {64}),
          of("hidden.weight", {kFeatures, 1024}),    of("hidden.bias", {kFeatures}),
          of("output.weight", {classes, kFeatures}), of("output.bias", {classes})};
}

Classifier::Classifier(const ClassifierWeights& weights)
    : weight_(widened(weights.output_weight)), bias_(widened(weights.output_bias)) {}

void Classifier::read(const float* features, std::int64_t count, double* probabilities) const {
  for (std::int64_t n = 0; n < count; ++n) {
    const float* feature = features + n * kFeatures;
    double* logits = probabilities + n * classes();
    for (std::int64_t c = 0; c < classes(); ++c) {
      double sum = bias_[static_cast<std::size_t>(c)];
      const double* row = weight_.data() + c * kFeatures;
      for (std::int64_t k = 0; k < kFeatures; ++k) sum += row[k] * feature[k];
      logits[c] = sum;
    }
    softmax(logits, classes());
  }
}

}  // namespace dcgan
