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
  /// `peers`: null, or the processes that train the same model, each on its slice of every mini-batch.
  Trainer(const Config& config, torch::Device device, Peers* peers);

  /// Whether training stops here: where a process of a run wants to, all do, before the same step.
  bool agree_to_stop(bool wanted) { return nets_.peers == nullptr ? wanted : nets_.peers->any(wanted); }

  /// Returns the data set's fingerprint.
  std::uint64_t set_dataset(const TrainingSet& dataset);

  /// Goes on with the running epoch if the data set is the same, else begins the next.
  void begin_epoch();
  std::int64_t epoch_steps() const { return data_->steps(config_.batch_size); }

  /// One step, or several together where they are captured; not more than `most`. The last of an epoch ends
  /// the epoch. Returns how many it made.
  std::int64_t step(std::int64_t most);

  /// Why steps are not captured in a CUDA graph although they might be; empty where nothing failed.
  std::string capture_failure() const { return graphs_ ? graphs_->failure() : std::string(); }

  /// Losses of steps [first, end) of the epoch that runs or has just ended, read from the device.
  std::vector<Losses> losses(std::int64_t first, std::int64_t end) const;

  const Position& position() const { return position_; }
  const Networks& networks() const { return nets_; }
  /// The generator that images are made with: the average of the trained one's weights where there is one.
  Generator& served_generator() { return average_ ? average_->generator() : nets_.generator; }
  const torch::Tensor& fixed_latents() const { return fixed_latents_; }
  /// Their labels, 0, 1, … over and over; empty without classes.
  const std::vector<std::uint8_t>& fixed_labels() const { return fixed_labels_; }

  State export_state(StatePart part);
  void import_state(const State& state);
  std::vector<HostTensor> probe(const ProbeRequest& request);

 private:
  Step& adversarial_step();
  /// Those of the epoch that runs or comes next.
  void use_rates();
  void need_graphs();
  /// How many steps are made before the next look at them.
  std::int64_t together(std::int64_t most) const;
  StepInputs next_inputs(std::int64_t steps, const Slice& slice);
  /// Those of a slice of each mini-batch, for each update of the discriminator.
  torch::Tensor next_latents(std::int64_t steps, const Slice& slice);
  torch::Tensor next_weights(std::int64_t steps) const;
  /// Makes the k-th of the steps that the inputs are for and returns its losses.
  torch::Tensor make_step(const StepInputs& inputs, std::int64_t k);
  torch::Tensor make_steps(const StepInputs& inputs);
  /// Throws where a step was broken off by the failure of another process.
  void require_whole() const;
  std::vector<std::pair<std::string, torch::Tensor>> named_tensors(StatePart part);

  Config config_;
  Networks nets_;
  std::unique_ptr<Step> step_;          // made at the first step: a model that only serves needs no gradients
  std::unique_ptr<StepGraphs> graphs_;  // read the data set and the average where they lie
  std::optional<WeightAverage> average_;
  std::vector<std::uint8_t> fixed_labels_;
  torch::Tensor fixed_latents_;  // fixed_count × latent_dim, on the CPU
  std::uint64_t noise_key_;
  std::int64_t noise_drawn_ = 0;  // latents drawn from the training stream
  std::optional<MiniBatches> data_;
  torch::Tensor permutation_;       // of the running epoch; undefined between epochs
  std::int64_t trained_count_ = 0;  // the data set of the running epoch, or of the last one
  std::uint64_t trained_hash_ = 0;
  torch::Tensor losses_;  // steps × Losses, on the device
  Position position_;
  bool in_step_ = false;
};

}  // namespace dcgan
