#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "classifier/classifier.h"
#include "contract.h"
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
};

/// The evaluation of a generator. It compares two sets of images with real ones, piece by piece: those of a
/// sampler that was prepared with the generator, and more real images as the floor. The figures do not depend
/// on the number of threads.
class EvaluationRun : public Evaluation {
 public:
  /// Makes `batch` images at a time. Throws ERR_DCGAN_BAD_DATASET if too few real images are left.
  EvaluationRun(EvaluationRequest request, std::unique_ptr<Sampler> sampler,
                std::shared_ptr<Classifier> classifier, std::int64_t latent_dim, std::int64_t batch);

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
  void describe(Subject& subject, const std::uint8_t* pixels, const std::uint8_t* labels, std::int64_t first,
                std::int64_t last);
  void describe_generated(std::int64_t first, std::int64_t last);
  Figures figures(const Subject& subject, const Overlap& overlap) const;

  EvaluationRequest request_;
  TrainingSet floor_images_;
  std::unique_ptr<Sampler> sampler_;
  std::shared_ptr<Classifier> classifier_;
  std::int64_t latent_dim_;
  std::int64_t batch_;

  Subject real_, generated_, floor_;
  Overlap generated_overlap_, floor_overlap_;

  std::vector<Stage> stages_;
  std::size_t stage_ = 0;
  std::int64_t row_ = 0;
  double done_ = 0;
  double work_ = 0;
};

}  // namespace dcgan
