#include "classifier/classifier.h"

#include <algorithm>
#include <cmath>

#include "host_tensors.h"

namespace dcgan {

namespace {

std::vector<double> widened(const Floats& values) { return {values.begin(), values.end()}; }

/// Works in place. Subtracts the largest logit first, so that no exponential overflows.
void softmax(double* logits) {
  const double largest = *std::max_element(logits, logits + kDigits);
  double sum = 0;
  for (std::int64_t digit = 0; digit < kDigits; ++digit) {
    logits[digit] = std::exp(logits[digit] - largest);
    sum += logits[digit];
  }
  for (std::int64_t digit = 0; digit < kDigits; ++digit) logits[digit] /= sum;
}

}  // namespace

ClassifierWeights classifier_weights(const std::vector<HostTensor>& tensors) {
  const auto of = [&](const char* name, const std::vector<std::int64_t>& shape) {
    return floats_of(tensors, name, shape);
  };
  return {of("conv1.weight", {32, 1, 5, 5}),         of("conv1.bias", {32}),
          of("conv2.weight", {64, 32, 5, 5}),        of("conv2.bias", {64}),
          of("hidden.weight", {kFeatures, 1024}),    of("hidden.bias", {kFeatures}),
          of("output.weight", {kDigits, kFeatures}), of("output.bias", {kDigits})};
}

Classifier::Classifier(const ClassifierWeights& weights)
    : weight_(widened(weights.output_weight)), bias_(widened(weights.output_bias)) {}

void Classifier::read(const float* features, std::int64_t count, double* probabilities) const {
  for (std::int64_t n = 0; n < count; ++n) {
    const float* feature = features + n * kFeatures;
    double* logits = probabilities + n * kDigits;
    for (std::int64_t digit = 0; digit < kDigits; ++digit) {
      double sum = bias_[static_cast<std::size_t>(digit)];
      const double* row = weight_.data() + digit * kFeatures;
      for (std::int64_t k = 0; k < kFeatures; ++k) sum += row[k] * feature[k];
      logits[digit] = sum;
    }
    softmax(logits);
  }
}

}  // namespace dcgan
