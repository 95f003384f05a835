// The part of the engine that makes images and reads the digits in them.

#include <algorithm>

#include "engine/engine.h"
#include "engine/shares.h"
#include "random/labels.h"
#include "random/latents.h"

namespace dcgan {

Engine::Inputs Engine::inputs_of(const Work& work) {
  const auto dim = static_cast<std::size_t>(config_.latent_dim);
  Inputs inputs{{}, {}, work.images()};
  inputs.latents.resize(static_cast<std::size_t>(inputs.count) * dim);
  float* out = inputs.latents.data();
  for (const auto& share : work.shares) {
    auto& request = share.sampling->request;
    if (request.labels.empty() && !request.fixed) {
      request.labels =
          draw_labels(request.seed, request.first, request.one_label ? 1 : request.count, config_.classes);
      if (config_.classes > 0)
        request.labels.resize(static_cast<std::size_t>(request.count), request.labels.front());
    }
    const auto& labels = request.fixed ? fixed_labels_ : request.labels;
    const float* given = request.fixed             ? fixed_latents_.data()
                         : request.latents.empty() ? nullptr
                                                   : request.latents.data();
    for (const auto& [image, candidate] : share.draws) {
      const auto i = static_cast<std::size_t>(image);
      if (given != nullptr) {
        std::copy_n(given + i * dim, dim, out);
      } else {
        draw_candidate(request.seed, request.first + i, candidate, config_.latent_dim, out);
      }
      if (request.truncation != 1) {
        std::for_each(out, out + dim, [&](float& value) { value *= request.truncation; });
      }
      out += dim;
      if (config_.classes > 0) inputs.labels.push_back(labels[i]);
    }
  }
  return inputs;
}

void Engine::serve_images(const Work& work) {
  MadeImages made;
  std::optional<Failure> failure;
  try {
    made.pixels = make_images(inputs_of(work));
    served_ += work.images();
    ++forwards_;
    last_batch_ = work.images();
    if (judged(work)) {
      made.confidences = confidences_of(work, made.pixels, *classifier());
    } else {
      made.confidences.resize(static_cast<std::size_t>(work.images()));
    }
  } catch (...) {
    failure = caught();
  }
  hand_over(work, made, failure, queue_);
}

/// Makes LibTorch's sampler if the model needs it, otherwise the one of the kernels.
std::unique_ptr<Sampler> Engine::make_sampler() const {
  auto own = training_ ? training_->make_sampler() : nullptr;
  return own ? std::move(own) : dcgan::make_sampler(config_.latent_dim);
}

std::shared_ptr<Classifier> Engine::classifier() const {
  if (!classifier_) throw Error("ERR_DCGAN_NATIVE", "The classifier was not set");
  return classifier_;
}

std::vector<std::uint8_t> Engine::make_images(const Inputs& inputs) {
  if (sampler_stale_) {
    const auto generator = served();  // may make the model in training, on which the kind of sampler depends
    if (!sampler_) sampler_ = make_sampler();
    sampler_->prepare(generator);
    sampler_stale_ = false;
  }
  std::vector<float> images(static_cast<std::size_t>(inputs.count * kImagePixels));
  sampler_->run(inputs.latents.data(), inputs.labels.empty() ? nullptr : inputs.labels.data(), inputs.count,
                images.data());
  std::vector<std::uint8_t> pixels(images.size());
  grey_levels(images.data(), inputs.count * kImagePixels, pixels.data());
  return pixels;
}

}  // namespace dcgan
