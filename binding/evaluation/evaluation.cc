#include "evaluation/evaluation.h"

#include <algorithm>
#include <array>
#include <limits>

#include "evaluation/floor.h"
#include "evaluation/frechet.h"
#include "model/threads.h"
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
constexpr double kTrainingCost = 3 * kClassifierCost;

/// Generated images per forward pass.
constexpr std::int64_t kGeneratedImages = 64;

TrainingSet checked_floor(const EvaluationRequest& request) {
  auto floor = draw_floor(request.pool, request.real, request.count, request.seed);
  if (floor.count >= kFewest) return floor;
  throw Error("ERR_DCGAN_BAD_DATASET",
              "Of the " + std::to_string(request.pool.count) + " images for the floor " +
                  std::to_string(floor.count) +
                  " are not among those to compare with, and it takes two. Give another floorDataset");
}

/// Draws real images that a classifier is trained on. The generated images get their labels too.
TrainingSet checked_score_images(const EvaluationRequest& request, std::int64_t classes) {
  // The images that the accuracy is measured on are not among them.
  auto set = draw_floor(request.pool, request.real, request.score_count, request.seed);
  const auto fits = [classes](const TrainingSet& images) {
    return images.count > 0 && !images.labels.empty() &&
           std::all_of(images.labels.begin(), images.labels.end(),
                       [=](auto label) { return label < classes; });
  };
  if (fits(set) && fits(request.real)) return set;
  throw Error("ERR_DCGAN_BAD_DATASET",
              "For the accuracy score, real images to train on and to test with need labels below " +
                  std::to_string(classes) + ". Give other images, or leave out accuracyScore");
}

/// Returns the distance between the images of one class; NaN if there are too few.
double class_distance(const Comparison& comparison, std::int64_t label) {
  const auto own = [&](const Subject& subject) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < subject.count(); ++i) {
      if (subject.labels[static_cast<std::size_t>(i)] == label) rows.push_back(i);
    }
    return subject.manifold.points.select(rows);
  };
  const auto [some, others] = std::pair(own(comparison.subject), own(comparison.real));
  if (some.count() < kFewest || others.count() < kFewest) return std::numeric_limits<double>::quiet_NaN();
  return frechet_distance(gaussian_of(some), gaussian_of(others));
}

Figures figures(const Comparison& comparison, const Readings& readings) {
  const auto& subject = comparison.subject;
  Figures figures;
  readings.write(figures);
  figures.frechet_distance =
      frechet_distance(gaussian_of(subject.manifold.points), gaussian_of(comparison.real.manifold.points));
  const auto found = comparison.overlap.figures(subject.count());
  figures.precision = found.precision;
  figures.recall = found.recall;
  figures.density = found.density;
  figures.coverage = found.coverage;
  figures.class_distances = comparison.class_distances;
  return figures;
}

}  // namespace

EvaluationRun::EvaluationRun(EvaluationRequest request, std::unique_ptr<Sampler> sampler,
                             std::shared_ptr<Classifier> classifier, const Config& config)
    : request_(std::move(request)),
      floor_images_(checked_floor(request_)),
      sampler_(std::move(sampler)),
      classifier_(std::move(classifier)),
      latent_dim_(config.latent_dim),
      batch_(std::min(kGeneratedImages, config.max_batch)),
      device_(config.device),
      real_(request_.real.count, classifier_->classes()),
      generated_(request_.count, classifier_->classes()),
      floor_(floor_images_.count, classifier_->classes()) {
  real_.labels = request_.real.labels;
  generated_.labels = request_.labels;
  floor_.labels = floor_images_.labels;
  comparisons_.emplace_back(generated_, real_);
  comparisons_.emplace_back(floor_, real_);
  if (request_.unseen) {
    for (std::int64_t first = 0; first < 2; ++first) {
      const auto count = (real_.count() + 1 - first) / 2;
      auto& half = halves_.emplace_back(count, classifier_->classes());
      if (real_.labels.empty()) continue;
      for (auto i = first; i < real_.count(); i += 2) {
        half.labels.push_back(real_.labels[static_cast<std::size_t>(i)]);
      }
    }
    comparisons_.emplace_back(halves_[0], halves_[1]);
    comparisons_.emplace_back(halves_[1], halves_[0]);
  }
  plan();
  if (request_.score_count > 0) {
    real_set_ = checked_score_images(request_, config.classes);
    plan_score(config.classes);
  }
  request_.pool = {};
  for (const auto& stage : stages_) work_ += static_cast<double>(stage.rows) * stage.cost;
}

void EvaluationRun::plan() {
  const auto images = [this](Subject& subject, const TrainingSet& set) {
    stages_.push_back({subject.count(), kRealImages, kClassifierCost, [&](auto first, auto last) {
                         describe(subject, set.images.data() + first * kImagePixels, first, last);
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
  const auto compare = [&](Comparison& comparison) {
    distances(comparison.subject, comparison.real, [&](auto first, auto last) {
      comparison.overlap.add(comparison.subject.manifold, first, last);
    });
    if (comparison.subject.labels.empty() || comparison.real.labels.empty()) return;
    const auto classes = classifier_->classes();
    const auto images = comparison.subject.count() + comparison.real.count();
    const auto cost = static_cast<double>(images * kFeatures * kFeatures / classes);
    stages_.push_back({classes, 1, cost, [&](auto label, auto) {
                         comparison.class_distances.push_back(class_distance(comparison, label));
                       }});
  };

  stages_.push_back(
      {generated_.count(), batch_, kGeneratorCost + kClassifierCost, [this](auto first, auto last) {
         describe(generated_, generate(request_.labels, first, last).data(), first, last);
       }});
  images(real_, request_.real);
  images(floor_, floor_images_);
  if (request_.unseen) stages_.push_back({1, 1, 0, [this](auto, auto) { halve(); }});
  for (auto* subject : {&real_, &generated_, &floor_}) balls(*subject);
  for (auto& half : halves_) balls(half);
  for (auto& comparison : comparisons_) compare(comparison);
}

void EvaluationRun::plan_score(std::int64_t classes) {
  const auto count = real_set_.count;
  generated_set_ = {{}, real_set_.labels, count};
  stages_.push_back({count, batch_, kGeneratorCost, [this](auto first, auto last) {
                       const auto pixels = generate(generated_set_.labels, first, last);
                       generated_set_.images.insert(generated_set_.images.end(), pixels.begin(),
                                                    pixels.end());
                     }});
  const auto steps = ClassifierRun::steps_for(count);
  stages_.push_back({steps, 1, 2 * kTrainingCost * ClassifierRun::kBatch, [this, classes](auto first, auto) {
                       if (first == 0) {
                         for (const auto* set : {&generated_set_, &real_set_}) {
                           score_runs_.push_back(std::make_unique<ClassifierRun>(*set, request_.real, classes,
                                                                                 request_.seed, device_));
                         }
                       }
                       each_alone(2, [&](auto i) { score_runs_[static_cast<std::size_t>(i)]->step(); });
                     }});
  const auto reading = 2 * kClassifierCost * static_cast<double>(request_.real.count);
  stages_.push_back({1, 1, reading, [this, count](auto, auto) {
                       score_ = {count, score_runs_[0]->accuracy(), score_runs_[1]->accuracy()};
                     }});
}

/// Divides the points of the real images into two halves.
void EvaluationRun::halve() {
  for (std::int64_t first = 0; first < 2; ++first) {
    std::vector<std::int64_t> rows;
    for (auto i = first; i < real_.count(); i += 2) rows.push_back(i);
    halves_[static_cast<std::size_t>(first)].manifold.points = real_.manifold.points.select(rows);
  }
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
  if (stage_ < stages_.size()) return {done_ / work_, false, {}, {}, {}, {}};
  EvaluationProgress progress{1, true, {}, {}, {}, score_};
  progress.generated = figures(comparisons_[0], generated_.readings);
  progress.floor = figures(comparisons_[1], floor_.readings);
  if (request_.unseen) progress.unseen = unseen();
  return progress;
}

void EvaluationRun::describe(Subject& subject, const std::uint8_t* pixels, std::int64_t first,
                             std::int64_t last) {
  const auto count = last - first;
  std::vector<float> features(static_cast<std::size_t>(count * kFeatures));
  std::vector<double> probabilities(static_cast<std::size_t>(count * classifier_->classes()));
  classifier_->describe(pixels, count, features.data());
  classifier_->read(features.data(), count, probabilities.data());
  subject.manifold.points.set(first, count, features.data());
  subject.readings.add(probabilities.data(), subject.labels.empty() ? nullptr : subject.labels.data() + first,
                       count);
}

std::vector<std::uint8_t> EvaluationRun::generate(const std::vector<std::uint8_t>& labels, std::int64_t first,
                                                  std::int64_t last) {
  const auto count = last - first;
  std::vector<float> latents(static_cast<std::size_t>(count * latent_dim_));
  draw_latents(request_.seed, Stream::kSample, static_cast<std::uint64_t>(first), count, latent_dim_,
               latents.data());
  std::vector<float> images(static_cast<std::size_t>(count * kImagePixels));
  sampler_->run(latents.data(), labels.empty() ? nullptr : labels.data() + first, count, images.data());
  std::vector<std::uint8_t> pixels(images.size());
  grey_levels(images.data(), count * kImagePixels, pixels.data());
  return pixels;
}

/// The figures of each half compared with the other, and how the classifier reads all real images.
Figures EvaluationRun::unseen() const {
  auto all = figures(comparisons_[2], real_.readings);
  const auto other = figures(comparisons_[3], real_.readings);
  for (const auto figure : {&Figures::precision, &Figures::recall, &Figures::density, &Figures::coverage}) {
    all.*figure = (all.*figure + other.*figure) / 2;
  }
  return all;
}

}  // namespace dcgan
