#include <algorithm>
#include <cstring>

#include "evaluation/classifier.h"
#include "kernels/blocks.h"
#include "sizes.h"

namespace dcgan {

namespace {

class AtenClassifier : public Classifier {
 public:
  AtenClassifier(const ClassifierWeights& weights, torch::Device device, std::int64_t batch)
      : Classifier(weights), weights_(weights), device_(device), batch_(batch) {
    for (auto* tensor : {&weights_.conv1_weight, &weights_.conv1_bias, &weights_.conv2_weight,
                         &weights_.conv2_bias, &weights_.hidden_weight, &weights_.hidden_bias}) {
      *tensor = tensor->to(device_);
    }
  }

  void describe(const std::uint8_t* pixels, std::int64_t count, float* features) override {
    const auto batches = (count + batch_ - 1) / batch_;
    const auto describe_batch = [&](std::int64_t b) {
      torch::NoGradGuard no_grad;  // it counts for one thread alone
      const auto first = b * batch_;
      const auto size = std::min(batch_, count - first);
      // Always a whole batch: for another size, LibTorch could choose an algorithm that rounds differently.
      const auto images = torch::zeros({batch_, kImagePixels}, torch::kUInt8);
      std::memcpy(images.data_ptr(), pixels + first * kImagePixels,
                  static_cast<std::size_t>(size * kImagePixels));
      const auto found = forward(images.to(device_)).to(torch::kCPU).contiguous();
      std::copy_n(found.const_data_ptr<float>(), size * kFeatures, features + first * kFeatures);
    };
    if (device_.is_cpu()) {
      kernels::each_alone(batches, describe_batch);
    } else {
      for (std::int64_t b = 0; b < batches; ++b) describe_batch(b);
    }
  }

 private:
  torch::Tensor forward(const torch::Tensor& pixels) const {
    auto x = pixels.to(torch::kFloat32).view({-1, 1, kImage.side, kImage.side}) / 127.5 - 1;
    x = torch::max_pool2d(torch::relu(torch::conv2d(x, weights_.conv1_weight, weights_.conv1_bias)), 2);
    x = torch::max_pool2d(torch::relu(torch::conv2d(x, weights_.conv2_weight, weights_.conv2_bias)), 2);
    return torch::relu(torch::linear(x.flatten(1), weights_.hidden_weight, weights_.hidden_bias));
  }

  ClassifierWeights weights_;
  torch::Device device_;
  std::int64_t batch_;
};

}  // namespace

std::unique_ptr<Classifier> make_aten_classifier(const ClassifierWeights& weights, torch::Device device,
                                                 std::int64_t batch) {
  return std::make_unique<AtenClassifier>(weights, device, batch);
}

}  // namespace dcgan
