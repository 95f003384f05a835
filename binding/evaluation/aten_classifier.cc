#include "evaluation/aten_classifier.h"

#include <algorithm>
#include <cstring>

#include "model/threads.h"
#include "sizes.h"

namespace dcgan {

namespace {

class AtenClassifier : public Classifier {
 public:
  AtenClassifier(const ClassifierWeights& weights, torch::Device device, std::int64_t batch)
      : Classifier(weights), device_(device), batch_(batch) {
    const auto of = [this](const Floats& values, at::IntArrayRef shape) {
      return torch::tensor(at::ArrayRef<float>(values.data(), values.size())).view(shape).to(device_);
    };
    conv1_weight_ = of(weights.conv1_weight, {32, 1, 5, 5});
    conv1_bias_ = of(weights.conv1_bias, {32});
    conv2_weight_ = of(weights.conv2_weight, {64, 32, 5, 5});
    conv2_bias_ = of(weights.conv2_bias, {64});
    hidden_weight_ = of(weights.hidden_weight, {kFeatures, -1});
    hidden_bias_ = of(weights.hidden_bias, {kFeatures});
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
      each_alone(batches, describe_batch);
    } else {
      for (std::int64_t b = 0; b < batches; ++b) describe_batch(b);
    }
  }

 private:
  torch::Tensor forward(const torch::Tensor& pixels) const {
    auto x = pixels.to(torch::kFloat32).view({-1, 1, kImage.side, kImage.side}) / 127.5 - 1;
    x = torch::max_pool2d(torch::relu(torch::conv2d(x, conv1_weight_, conv1_bias_)), 2);
    x = torch::max_pool2d(torch::relu(torch::conv2d(x, conv2_weight_, conv2_bias_)), 2);
    return torch::relu(torch::linear(x.flatten(1), hidden_weight_, hidden_bias_));
  }

  torch::Tensor conv1_weight_, conv1_bias_, conv2_weight_, conv2_bias_, hidden_weight_, hidden_bias_;
  torch::Device device_;
  std::int64_t batch_;
};

}  // namespace

std::unique_ptr<Classifier> make_aten_classifier(const ClassifierWeights& weights, torch::Device device,
                                                 std::int64_t batch) {
  return std::make_unique<AtenClassifier>(weights, device, batch);
}

}  // namespace dcgan
