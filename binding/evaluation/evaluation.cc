#include "evaluation/evaluation.h"

#include <algorithm>

#include "evaluation/floor.h"
#include "evaluation/frechet.h"
#include "random/latents.h"

namespace dcgan {

namespace {

/// The smallest number of images. One image has no covariance and no neighbours.
constexpr std::int64_t kFewest = 2;

/// Real images per piece of work.
constexpr std::int64_t kRealImages = 256;

// Multiplications per image, used to report progress.
constexpr double kGeneratorCost = 34e6;
constexpr double kClassifierCost = 4e6;

TrainingSet checked_floor(const EvaluationRequest& request) {
  auto floor = draw_floor(request.pool, request.real, request.count, request.seed);
  if (floor.count >= kFewest) return floor;
  throw Error("ERR_DCGAN_BAD_DATASET",
              "Of the " + std::to_string(request.pool.count) + " images for the floor " +
                  std::to_string(floor.count) +
                  " are not among those to compare with, and it takes two. Give another floorDataset");
}

}  // namespace

EvaluationRun::EvaluationRun(EvaluationRequest request, std::unique_ptr<Sampler> sampler,
                             std::shared_ptr<Classifier> classifier, std::int64_t latent_dim,
                             std::int64_t batch)
    : request_(std::move(request)),
      floor_images_(checked_floor(request_)),
      sampler_(std::move(sampler)),
      classifier_(std::move(classifier)),
      latent_dim_(latent_dim),
      batch_(batch),
      real_(request_.real.count, classifier_->classes()),
      generated_(request_.count, classifier_->classes()),
      floor_(floor_images_.count, classifier_->classes()),
      generated_overlap_(real_.manifold),
      floor_overlap_(real_.manifold) {
  request_.pool = {};
  plan();
  for (const auto& stage : stages_) work_ += static_cast<double>(stage.rows) * stage.cost;
}

void EvaluationRun::plan() {
  const auto images = [this](Subject& subject, const TrainingSet& set) {
    stages_.push_back({subject.count(), kRealImages, kClassifierCost, [&](auto first, auto last) {
                         const auto* labels = set.labels.empty() ? nullptr : set.labels.data() + first;
                         describe(subject, set.images.data() + first * kImagePixels, labels, first, last);
                       }});
  };
  const auto distances = [this](const Subject& from, const Subject& to, auto work) {
    const auto piece = kTileRows * static_cast<std::int64_t>(kernels::thread_count());
    stages_.push_back({from.count(), piece, static_cast<double>(to.count() * kFeatures), std::move(work)});
  };
  const auto balls = [&](Subject& subject) {
    distances(subject, subject, [&manifold = subject.manifold](auto first, auto last) {
      find_balls(manifold.points, first, last, manifold.balls);
    });
  };
  const auto compare = [&](const Subject& subject, Overlap& overlap) {
    distances(subject, real_, [&](auto first, auto last) { overlap.add(subject.manifold, first, last); });
  };

  stages_.push_back({generated_.count(), batch_, kGeneratorCost + kClassifierCost,
                     [this](auto first, auto last) { describe_generated(first, last); }});
  images(real_, request_.real);
  images(floor_, floor_images_);
  for (auto* subject : {&real_, &generated_, &floor_}) balls(*subject);
  compare(generated_, generated_overlap_);
  compare(floor_, floor_overlap_);
}

EvaluationProgress EvaluationRun::advance() {
  const auto& stage = stages_[stage_];
  const auto last = std::min(row_ + stage.piece, stage.rows);
  stage.work(row_, last);
  done_ += static_cast<double>(last - row_) * stage.cost;
  row_ = last;
  if (row_ == stage.rows) {
    row_ = 0;
    ++stage_;
  }
  if (stage_ < stages_.size()) return {done_ / work_, false, {}, {}};
  return {1, true, figures(generated_, generated_overlap_), figures(floor_, floor_overlap_)};
}

void EvaluationRun::describe(Subject& subject, const std::uint8_t* pixels, const std::uint8_t* labels,
                             std::int64_t first, std::int64_t last) {
  const auto count = last - first;
  std::vector<float> features(static_cast<std::size_t>(count * kFeatures));
  std::vector<double> probabilities(static_cast<std::size_t>(count * classifier_->classes()));
  classifier_->describe(pixels, count, features.data());
  classifier_->read(features.data(), count, probabilities.data());
  subject.manifold.points.set(first, count, features.data());
  subject.readings.add(probabilities.data(), labels, count);
}

void EvaluationRun::describe_generated(std::int64_t first, std::int64_t last) {
  const auto count = last - first;
  std::vector<float> latents(static_cast<std::size_t>(count * latent_dim_));
  draw_latents(request_.seed, Stream::kSample, static_cast<std::uint64_t>(first), count, latent_dim_,
               latents.data());
  const auto* labels = request_.labels.empty() ? nullptr : request_.labels.data() + first;
  std::vector<float> images(static_cast<std::size_t>(count * kImagePixels));
  sampler_->run(latents.data(), labels, count, images.data());
  std::vector<std::uint8_t> pixels(images.size());
  grey_levels(images.data(), count * kImagePixels, pixels.data());
  describe(generated_, pixels.data(), labels, first, last);
}

Figures EvaluationRun::figures(const Subject& subject, const Overlap& overlap) const {
  Figures figures;
  subject.readings.write(figures);
  figures.frechet_distance =
      frechet_distance(gaussian_of(subject.manifold.points), gaussian_of(real_.manifold.points));
  const auto found = overlap.figures(subject.count());
  figures.precision = found.precision;
  figures.recall = found.recall;
  figures.density = found.density;
  figures.coverage = found.coverage;
  return figures;
}

}  // namespace dcgan
