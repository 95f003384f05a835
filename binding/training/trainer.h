#pragma once

#include <memory>
#include <optional>

#include "contract.h"
#include "training/mini_batches.h"
#include "training/step.h"
#include "training/step_graphs.h"
#include "training/step_inputs.h"
#include "training/weight_average.h"

namespace dcgan {

/// Networks, data set, position and random streams.
class Trainer : public TrainingModel {
 public:
  explicit Trainer(const Config& config);

  void join(const Idle& idle) override;
  std::vector<std::string> exchange(const std::string& text, const Idle& idle) override;
  bool agree_to_stop(bool wanted) override { return peers_ ? peers_->any(wanted) : wanted; }

  std::uint64_t set_dataset(const TrainingSet& dataset) override;
  void restart() override;
  void begin_epoch() override;
  std::int64_t epoch_steps() const override { return data_->steps(config_.batch_size); }
  std::int64_t step(std::int64_t most) override;
  std::vector<Losses> losses(std::int64_t first, std::int64_t end) const override;
  std::string capture_failure() const override { return graphs_ ? graphs_->failure() : std::string(); }
  const Position& position() const override { return position_; }

  std::vector<HostTensor> served_tensors() override;
  State export_state(StatePart part) override;
  void import_state(const State& state) override;
  std::vector<HostTensor> probe(const ProbeRequest& request) override;

  std::unique_ptr<Sampler> make_sampler() const override;
  std::unique_ptr<Classifier> make_classifier(const ClassifierWeights& weights) const override;

 private:
  Generator& served_generator() { return average_ ? average_->generator() : nets_.generator; }
  Step& adversarial_step();
  /// Sets the learning rates and penalties of the current epoch, or of the next one between two epochs.
  void use_rates();
  void need_graphs();
  /// Returns how many of the next `most` steps are made together.
  std::int64_t together(std::int64_t most) const;
  StepInputs next_inputs(std::int64_t steps, const Slice& slice);
  /// Returns the number of the i-th image that this process draws for the next steps. The numbers continue
  /// over the whole training, so what an image draws depends on neither the processes nor the checkpoints.
  std::uint64_t image_number(std::int64_t i, const Slice& slice) const;
  /// Draws the offsets of the wrong labels of the same images; undefined without mismatch.
  torch::Tensor label_offsets(std::int64_t steps, const Slice& slice) const;
  /// Draws the latent vectors of this process's slice, for each discriminator update of the next steps.
  torch::Tensor next_latents(std::int64_t steps, const Slice& slice);
  torch::Tensor next_weights(std::int64_t steps) const;
  /// Makes step k of the inputs and returns its losses.
  torch::Tensor make_step(const StepInputs& inputs, std::int64_t k);
  torch::Tensor make_steps(const StepInputs& inputs);
  /// Throws if the failure of another process has interrupted a step.
  void require_whole() const;
  std::vector<std::pair<std::string, torch::Tensor>> named_tensors(StatePart part);

  Config config_;
  std::unique_ptr<Peers> peers_;  // null if this process trains alone. Each process computes its slice
  Networks nets_;
  std::unique_ptr<Step> step_;          // made at the first step: a model that only serves needs no gradients
  std::unique_ptr<StepGraphs> graphs_;  // hold the addresses of the data set and the average
  std::optional<WeightAverage> average_;
  std::uint64_t noise_key_;
  std::int64_t noise_drawn_ = 0;  // latent vectors drawn for training so far
  std::optional<MiniBatches> data_;
  torch::Tensor permutation_;       // of the running epoch; undefined between epochs
  std::int64_t trained_count_ = 0;  // images of the data set of the current or the last epoch
  std::uint64_t trained_hash_ = 0;
  torch::Tensor losses_;  // steps × Losses, on the device
  Position position_;
  Position origin_;  // where the average and the schedule began
  bool in_step_ = false;
};

}  // namespace dcgan
