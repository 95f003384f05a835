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

/// A model in training: networks, data set, position and random streams. Lives on the engine's thread.
class Trainer {
 public:
  /// `peers`: null, or the processes that train the same model. Each of them computes its slice of every
  /// mini-batch.
  Trainer(const Config& config, torch::Device device, Peers* peers);

  /// Returns true if this process or another one of the run wants to stop. All processes ask before each
  /// step, so all stop before the same one.
  bool agree_to_stop(bool wanted) { return nets_.peers == nullptr ? wanted : nets_.peers->any(wanted); }

  /// Returns the data set's fingerprint.
  std::uint64_t set_dataset(const TrainingSet& dataset);

  /// Continues the running epoch if it was begun on this data set. Otherwise begins an epoch.
  void begin_epoch();
  std::int64_t epoch_steps() const { return data_->steps(config_.batch_size); }

  /// Makes a step, or several if a CUDA graph has them; never more than `most`. Returns how many. The last
  /// step of an epoch completes the epoch.
  std::int64_t step(std::int64_t most);

  /// Returns why LibTorch could not capture a CUDA graph; empty if it could, or did not try.
  std::string capture_failure() const { return graphs_ ? graphs_->failure() : std::string(); }

  /// Reads the losses of steps [first, end) of the current epoch, or of the one that has just ended, from the
  /// device.
  std::vector<Losses> losses(std::int64_t first, std::int64_t end) const;

  const Position& position() const { return position_; }
  const Networks& networks() const { return nets_; }
  /// Returns the generator that makes the images: the average, or without one the trained generator.
  Generator& served_generator() { return average_ ? average_->generator() : nets_.generator; }
  /// Returns its tensors, behind the prefix "generator.".
  std::vector<HostTensor> served_tensors();
  const torch::Tensor& fixed_latents() const { return fixed_latents_; }
  /// Returns the labels of the fixed latent vectors, 0, 1, … in turn; empty if there are no classes.
  const std::vector<std::uint8_t>& fixed_labels() const { return fixed_labels_; }

  State export_state(StatePart part);
  void import_state(const State& state);
  std::vector<HostTensor> probe(const ProbeRequest& request);

 private:
  Step& adversarial_step();
  /// Sets the learning rates and penalties of the current epoch, or of the next one between two epochs.
  void use_rates();
  void need_graphs();
  /// Returns how many of the next `most` steps are made together.
  std::int64_t together(std::int64_t most) const;
  StepInputs next_inputs(std::int64_t steps, const Slice& slice);
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
  Networks nets_;
  std::unique_ptr<Step> step_;          // made at the first step: a model that only serves needs no gradients
  std::unique_ptr<StepGraphs> graphs_;  // hold the addresses of the data set and the average
  std::optional<WeightAverage> average_;
  std::vector<std::uint8_t> fixed_labels_;
  torch::Tensor fixed_latents_;  // fixed_count × latent_dim, on the CPU
  std::uint64_t noise_key_;
  std::int64_t noise_drawn_ = 0;  // latent vectors drawn for training so far
  std::optional<MiniBatches> data_;
  torch::Tensor permutation_;       // of the running epoch; undefined between epochs
  std::int64_t trained_count_ = 0;  // images of the data set of the current or the last epoch
  std::uint64_t trained_hash_ = 0;
  torch::Tensor losses_;  // steps × Losses, on the device
  Position position_;
  bool in_step_ = false;
};

}  // namespace dcgan
