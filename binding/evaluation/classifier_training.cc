#include "evaluation/classifier_training.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "classifier/classifier.h"

namespace dcgan {

namespace {

/// A small data set is seen forty times, a large one as often as two thousand steps allow.
constexpr std::int64_t kMostEpochs = 40;
constexpr std::int64_t kMostSteps = 2000;
constexpr std::int64_t kHoldBack = 10;  // every tenth image
constexpr std::int64_t kKernel = 5;
constexpr std::int64_t kMaps1 = 32, kMaps2 = 64, kFlat = 1024;
constexpr double kDropout = 0.5;
constexpr double kRate = 3e-3;
constexpr double kWarmUp = 0.3;  // of the steps
constexpr double kEpsilon = 1e-5;
constexpr std::chrono::milliseconds kPiece{40};

torch::Tensor float_images(const torch::Tensor& pixels) { return pixels.to(torch::kFloat32) / 127.5 - 1; }

HostTensor host(const std::string& name, const torch::Tensor& tensor) {
  const auto values = tensor.detach().cpu().to(torch::kFloat32).contiguous();
  HostTensor result{name, "F32", values.sizes().vec(), {}};
  result.data.resize(values.nbytes());
  std::memcpy(result.data.data(), values.data_ptr(), result.data.size());
  return result;
}

/// The learning rate rises to its largest value and falls to zero along a cosine.
double rate(std::int64_t step, std::int64_t steps) {
  const auto place = (static_cast<double>(step) + 1) / static_cast<double>(steps);
  return place < kWarmUp ? kRate * (0.04 + 0.96 * place / kWarmUp)
                         : kRate * 0.5 * (1 + std::cos(M_PI * (place - kWarmUp) / (1 - kWarmUp)));
}

}  // namespace

ClassifierRun::ClassifierRun(const TrainingSet& set, std::int64_t classes, std::uint64_t seed,
                             torch::Device device)
    : device_(device), generator_(at::make_generator<at::CPUGeneratorImpl>(seed)), learned_(labelled(set)) {
  const auto rows = torch::randperm(set.count, generator_, torch::kInt64).to(device);
  const auto held = std::max<std::int64_t>(1, set.count / kHoldBack);
  const auto some = [all = learned_](const torch::Tensor& own) {
    return Labelled{all.images.index_select(0, own), all.labels.index_select(0, own)};
  };
  tested_ = some(rows.narrow(0, 0, held));
  if (set.count > held) learned_ = some(rows.narrow(0, held, set.count - held));
  begin(classes);
}

ClassifierRun::ClassifierRun(const TrainingSet& set, const TrainingSet& test, std::int64_t classes,
                             std::uint64_t seed, torch::Device device)
    : device_(device),
      generator_(at::make_generator<at::CPUGeneratorImpl>(seed)),
      learned_(labelled(set)),
      tested_(labelled(test)) {
  begin(classes);
}

ClassifierRun::Labelled ClassifierRun::labelled(const TrainingSet& set) const {
  const auto images = torch::empty({set.count, 1, kImage.side, kImage.side}, torch::kUInt8);
  std::memcpy(images.data_ptr(), set.images.data(), set.images.size());
  const auto labels = torch::empty({set.count}, torch::kInt64);
  std::copy(set.labels.begin(), set.labels.end(), labels.data_ptr<std::int64_t>());
  return {images.to(device_), labels.to(device_)};
}

std::int64_t ClassifierRun::steps_for(std::int64_t count) {
  return std::min(kMostSteps, kMostEpochs * ((count + kBatch - 1) / kBatch));
}

void ClassifierRun::begin(std::int64_t classes) {
  steps_ = steps_for(learned_.labels.size(0));
  first_ = convolution(kMaps1, 1);
  second_ = convolution(kMaps2, kMaps1);
  hidden_ = weight({kFeatures, kFlat}, kFlat);
  hidden_bias_ = torch::zeros({kFeatures}, device_);
  output_ = weight({classes, kFeatures}, kFeatures);
  output_bias_ = torch::zeros({classes}, device_);
  parameters_ = {first_.kernel, first_.weight, first_.bias,  second_.kernel, second_.weight,
                 second_.bias,  hidden_,       hidden_bias_, output_,        output_bias_};
  for (auto& parameter : parameters_) parameter.set_requires_grad(true);
  adam_ = std::make_unique<torch::optim::Adam>(parameters_);
}

torch::Tensor ClassifierRun::weight(torch::IntArrayRef shape, std::int64_t inputs) {
  const auto deviation = std::sqrt(2.0 / static_cast<double>(inputs));
  return torch::empty(shape).normal_(0, deviation, generator_).to(device_);
}

ClassifierRun::Layer ClassifierRun::convolution(std::int64_t outputs, std::int64_t inputs) {
  return {torch::ones({outputs}, device_), torch::zeros({outputs}, device_),
          weight({outputs, inputs, kKernel, kKernel}, inputs * kKernel * kKernel),
          torch::zeros({outputs}, device_), torch::ones({outputs}, device_)};
}

torch::Tensor ClassifierRun::convolve(Layer& layer, const torch::Tensor& images, bool training) const {
  const auto maps = torch::conv2d(images, layer.kernel);
  return torch::max_pool2d(torch::batch_norm(maps, layer.weight, layer.bias, layer.mean, layer.variance,
                                             training, /*momentum=*/0.1, kEpsilon, /*cudnn_enabled=*/false)
                               .relu(),
                           2);
}

torch::Tensor ClassifierRun::features(const torch::Tensor& pixels, bool training) {
  const auto maps = convolve(second_, convolve(first_, float_images(pixels), training), training);
  return torch::linear(maps.flatten(1), hidden_, hidden_bias_).relu();
}

torch::Tensor ClassifierRun::logits(const torch::Tensor& pixels, bool training) {
  auto found = features(pixels, training);
  if (training) {
    const auto kept = torch::empty(found.sizes()).bernoulli_(1 - kDropout, generator_);
    found = found * (kept / (1 - kDropout)).to(device_);
  }
  return torch::linear(found, output_, output_bias_);
}

void ClassifierRun::step() {
  const auto count = learned_.labels.size(0);
  if (!order_.defined() || place_ >= count) {
    order_ = torch::randperm(count, generator_, torch::kInt64).to(device_);
    place_ = 0;
  }
  const auto rows = order_.slice(0, place_, place_ + kBatch);
  place_ += kBatch;
  static_cast<torch::optim::AdamOptions&>(adam_->param_groups()[0].options()).lr(rate(done_, steps_));
  const auto loss = torch::nn::functional::cross_entropy(logits(learned_.images.index_select(0, rows), true),
                                                         learned_.labels.index_select(0, rows));
  if (!std::isfinite(loss.item<double>())) {
    throw Error("ERR_DCGAN_DIVERGED", "The classifier of the images diverged. Check that their labels fit");
  }
  adam_->zero_grad();
  loss.backward();
  adam_->step();
  ++done_;
}

double ClassifierRun::accuracy() {
  torch::NoGradGuard no_grad;
  const auto count = tested_.labels.size(0);
  std::int64_t correct = 0;
  for (std::int64_t begin = 0; begin < count; begin += kBatch) {
    const auto read = logits(tested_.images.slice(0, begin, begin + kBatch), false).argmax(1);
    correct += read.eq(tested_.labels.slice(0, begin, begin + kBatch)).sum().item<std::int64_t>();
  }
  return static_cast<double>(correct) / static_cast<double>(count);
}

std::vector<HostTensor> ClassifierRun::folded() const {
  std::vector<HostTensor> tensors;
  const auto add = [&](const std::string& name, const Layer& layer) {
    const auto scale = layer.weight / (layer.variance + kEpsilon).sqrt();
    tensors.push_back(host(name + ".weight", layer.kernel * scale.view({-1, 1, 1, 1})));
    tensors.push_back(host(name + ".bias", layer.bias - layer.mean * scale));
  };
  add("conv1", first_);
  add("conv2", second_);
  tensors.push_back(host("hidden.weight", hidden_));
  tensors.push_back(host("hidden.bias", hidden_bias_));
  tensors.push_back(host("output.weight", output_));
  tensors.push_back(host("output.bias", output_bias_));
  return tensors;
}

ClassifierProgress ClassifierRun::advance() {
  const auto begin = std::chrono::steady_clock::now();
  while (done_ < steps_ && std::chrono::steady_clock::now() - begin < kPiece) step();
  ClassifierProgress progress;
  progress.fraction = static_cast<double>(done_) / static_cast<double>(steps_);
  if (done_ < steps_) return progress;
  progress.finished = true;
  progress.tensors = folded();
  progress.accuracy = accuracy();
  return progress;
}

}  // namespace dcgan
