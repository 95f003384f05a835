#pragma once

#include <torch/torch.h>

#include "classifier/classifier.h"

namespace dcgan {

/// Makes a classifier that uses ATen's operators, on any device, with `batch` images per forward pass.
std::unique_ptr<Classifier> make_aten_classifier(const ClassifierWeights& weights, torch::Device device,
                                                 std::int64_t batch);

}  // namespace dcgan
