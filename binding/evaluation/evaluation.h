#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "classifier/classifier.h"
#include "contract.h"
#include "evaluation/classifier_training.h"
#include "evaluation/manifold.h"
#include "evaluation/readings.h"
#include "sampling/sampler.h"

namespace dcgan {

/// The measurements of one set of images.
struct Subject {
  Subject(std::int64_t count, std::int64_t classes) : manifold(count, kFeatures), readings(classes) {}
  std::int64_t count() const { return manifold.points.count(); }
  Manifold manifold;
  Readings readings;
  std::vector<std::uint8_t> labels;  // one per image, or empty
};

/// A set of images next to the real ones.
struct Comparison {
  Comparison(const Subject& subject, const Subject& real)
      : subject(subject), real(real), overlap(real.manifold) {}
  const Subject& subject;
  const Subject& real;
  Overlap overlap;
  std::vector<double> class_distances;
};

/// The evaluation of a generator. It compares sets of images with real ones, piece by piece: images of a
/// sampler that was prepared with the generator, more real images as the floor, and each half of the real
/// images with the other half. The figures do not depend on the number of threads.
class EvaluationRun : public Evaluation {
 public:
  /// Throws ERR_DCGAN_BAD_DATASET if too few real images are left.
  EvaluationRun(EvaluationRequest request, std::unique_ptr<Sampler> sampler,
                std::shared_ptr<Classifier> classifier, const Config& config);

  EvaluationProgress advance() override;

 private:
  /// Work on rows [0, rows), `piece` rows at a time.
  struct Stage {
    std::int64_t rows;
    std::int64_t piece;
    double cost;  // of a row, in products
    std::function<void(std::int64_t first, std::int64_t last)> work;
  };

  void plan();
  void plan_score(std::int64_t classes);
  void describe(Subject& subject, const std::uint8_t* pixels, std::int64_t first, std::int64_t last);
  /// Returns the grey levels of images [first, last) of the seed. `labels` is empty if the model has none.
  std::vector<std::uint8_t> generate(const std::vector<std::uint8_t>& labels, std::int64_t first,
                                     std::int64_t last);
  void halve();
  Figures unseen() const;

  EvaluationRequest request_;
  TrainingSet floor_images_;
  std::unique_ptr<Sampler> sampler_;
  std::shared_ptr<Classifier> classifier_;
  std::int64_t latent_dim_;
  std::int64_t batch_;
  torch::Device device_;

  Subject real_, generated_, floor_;
  std::vector<Subject> halves_;  // of the real images, with even and with odd numbers; empty if not needed
  std::vector<Comparison> comparisons_;  // generated and floor with real, and each half with the other

  TrainingSet generated_set_, real_set_;  // for the accuracy score
  std::vector<std::unique_ptr<ClassifierRun>> score_runs_;
  AccuracyScore score_;

  std::vector<Stage> stages_;
  std::size_t stage_ = 0;
  std::int64_t row_ = 0;
  double done_ = 0;
  double work_ = 0;
};

}  // namespace dcgan
