// The functions that TypeScript calls in WebAssembly (lib/wasm/instance.ts). One instance of the module holds
// one model, and has one thread. TypeScript checks every argument first.

#include "sampling/sampler.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "classifier/classifier.h"
#include "random/labels.h"
#include "random/latents.h"
#include "sampling/folded_generator.h"

#define DCGAN_WASM(name) extern "C" __attribute__((export_name(#name))) auto name

namespace dcgan {

namespace {

struct Model {
  std::vector<HostTensor> tensors;  // those that came since the last part of the model was made
  std::vector<std::byte> bytes;     // memory for an argument or a result
  std::vector<float> floats;
  std::unique_ptr<Sampler> sampler;
  std::unique_ptr<Classifier> classifier;
};

Model& model() {
  static Model one;
  return one;
}

}  // namespace

/// Returns memory for an argument or a result. The next call frees it.
DCGAN_WASM(buffer)(std::uint32_t bytes)->std::byte* {
  auto& memory = model().bytes;
  if (memory.size() < bytes) memory = std::vector<std::byte>(bytes);
  return memory.data();
}

/// Adds a float32 tensor. Returns the memory for its numbers. `name`: ASCII. `shape`: 32-bit integers.
DCGAN_WASM(add_tensor)
(const char* name, std::uint32_t length, const std::uint32_t* shape, std::uint32_t dimensions)->std::byte* {
  HostTensor tensor{std::string(name, length), "F32", {shape, shape + dimensions}, {}};
  std::size_t count = 1;
  for (const auto size : tensor.shape) count *= static_cast<std::size_t>(size);
  tensor.data.resize(count * sizeof(float));
  model().tensors.push_back(std::move(tensor));
  return model().tensors.back().data.data();
}

/// Makes the sampler from the tensors that were added. Their names begin with `generator.`.
DCGAN_WASM(make_generator)(std::uint32_t latent_dim, std::uint32_t classes)->void {
  const auto folded = fold(std::exchange(model().tensors, {}), "generator.", latent_dim, classes);
  model().sampler = make_sampler(latent_dim);
  model().sampler->prepare(folded);
}

/// Makes the classifier from the tensors that were added.
DCGAN_WASM(make_digit_classifier)()->void {
  model().classifier = make_fused_classifier(classifier_weights(std::exchange(model().tensors, {})));
}

/// Draws the latent vectors of a model's fixed images.
DCGAN_WASM(draw_fixed)(std::uint64_t seed, std::uint32_t count, std::uint32_t dim, float* out)->void {
  draw_latents(seed, Stream::kFixed, 0, count, dim, out);
}

/// Draws the latent vector of one candidate of one image.
DCGAN_WASM(draw_latent)
(std::uint64_t seed, std::uint32_t image, std::uint32_t candidate, std::uint32_t dim, float* out)->void {
  draw_candidate(seed, image, candidate, dim, out);
}

DCGAN_WASM(draw_image_labels)
(std::uint64_t seed, std::uint32_t first, std::uint32_t count, std::uint32_t classes, std::uint8_t* out)
    ->void {
  const auto labels = draw_labels(seed, first, count, classes);
  std::copy(labels.begin(), labels.end(), out);
}

/// Makes count × 784 grey levels. `labels`: one per image, or null.
DCGAN_WASM(make_images)
(const float* latents, const std::uint8_t* labels, std::uint32_t count, std::uint8_t* pixels)->void {
  auto& images = model().floats;
  images.resize(static_cast<std::size_t>(count * kImagePixels));
  model().sampler->run(latents, labels, count, images.data());
  grey_levels(images.data(), count * kImagePixels, pixels);
}

/// Writes the confidence that each image shows its label; without labels, that it shows any digit.
DCGAN_WASM(read_digits)
(const std::uint8_t* pixels, const std::uint8_t* labels, std::uint32_t count, float* confidences)->void {
  auto& features = model().floats;
  features.resize(static_cast<std::size_t>(count * kFeatures));
  model().classifier->describe(pixels, count, features.data());
  const auto classes = model().classifier->classes();
  std::vector<double> probabilities(static_cast<std::size_t>(classes));
  for (std::uint32_t n = 0; n < count; ++n) {
    model().classifier->read(features.data() + n * kFeatures, 1, probabilities.data());
    const auto read = [&](std::uint8_t label) { return label < classes ? probabilities[label] : 0; };
    confidences[n] = static_cast<float>(
        labels == nullptr ? *std::max_element(probabilities.begin(), probabilities.end()) : read(labels[n]));
  }
}

}  // namespace dcgan
