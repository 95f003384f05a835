// The part of the engine that makes images and reads the digits in them.

#include <algorithm>

#include "engine/failure.h"
#include "engine/model_engine.h"
#include "engine/shares.h"
#include "evaluation/aten_classifier.h"
#include "random/latents.h"
#include "training/libtorch_samplers.h"

namespace dcgan {

namespace {

/// The images of each forward pass with ATen's operators on the CPU. All passes have this size, because the
/// bits of an image can depend on it. It is small, because images that only fill a pass cost as much as
/// others.
constexpr std::int64_t kPaddedBatch = 8;

}  // namespace

ModelEngine::Inputs ModelEngine::inputs_of(const Work& work) {
  const auto dim = static_cast<std::size_t>(config_.latent_dim);
  Inputs inputs{{}, {}, work.images()};
  inputs.latents.resize(static_cast<std::size_t>(inputs.count) * dim);
  float* out = inputs.latents.data();
  for (const auto& share : work.shares) {
    const auto& request = share.sampling->request;
    const auto& labels = request.fixed ? trainer().fixed_labels() : request.labels;
    const float* given = request.fixed             ? trainer().fixed_latents().const_data_ptr<float>()
                         : request.latents.empty() ? nullptr
                                                   : request.latents.data();
    for (const auto& [image, candidate] : share.draws) {
      const auto i = static_cast<std::size_t>(image);
      if (given != nullptr) {
        std::copy_n(given + i * dim, dim, out);
      } else {
        draw_candidate(request.seed, i, candidate, config_.latent_dim, out);
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

void ModelEngine::serve_images(const Work& work) {
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
    failure = engine_failure();
  }
  hand_over(work, made, failure, queue_);
}

FoldedGenerator ModelEngine::folded() {
  return fold(trainer().served_tensors(), "generator.", config_.latent_dim, config_.classes);
}

std::unique_ptr<Sampler> ModelEngine::make_sampler() const {
  const bool bfloat16 = is_bfloat16(config_.precision);
  if (runs_fused(config_, device_)) {
    return bfloat16 ? make_bfloat16_sampler(config_.latent_dim) : dcgan::make_sampler(config_.latent_dim);
  }
  const auto batch = device_.is_cpu() ? std::min(kPaddedBatch, config_.max_batch) : config_.max_batch;
  return make_aten_sampler(config_.latent_dim, device_, bfloat16, batch);
}

std::shared_ptr<Classifier> ModelEngine::make_classifier(const ClassifierWeights& weights) const {
  if (device_.is_cpu() && config_.step == StepKind::kAuto) {
    return make_fused_classifier(weights);
  }
  return make_aten_classifier(weights, device_, device_.is_cpu() ? kPaddedBatch : config_.max_batch);
}

std::shared_ptr<Classifier> ModelEngine::classifier() const {
  if (!classifier_) throw Error("ERR_DCGAN_NATIVE", "The classifier was not set");
  return classifier_;
}

std::vector<std::uint8_t> ModelEngine::make_images(const Inputs& inputs) {
  if (!sampler_) sampler_ = make_sampler();
  if (sampler_stale_) {
    sampler_->prepare(folded());
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
