#include "training/trainer.h"

#include <algorithm>
#include <cstring>

#include "evaluation/aten_classifier.h"
#include "kernels/team.h"
#include "random/labels.h"
#include "random/latents.h"
#include "training/bfloat16_products.h"
#include "training/libtorch_samplers.h"

namespace dcgan {

namespace {

std::unique_ptr<Step> make_adversarial_step(const Config& config, Networks& networks) {
  // Both kinds of step write their gradients into this memory, which other processes' gradients are added to.
  for (auto* adam : {&networks.generator_adam, &networks.discriminator_adam}) adam->join_gradients();
  return runs_fused(config, networks.device) ? make_fused_step(networks) : make_plain_step(networks);
}

/// The images of each forward pass with ATen's operators on the CPU. All passes have this size, because the
/// bits of an image can depend on it. It is small, because images that only fill a pass cost as much as
/// others.
constexpr std::int64_t kPaddedBatch = 8;

double at_epoch(const ByEpoch& values, std::int64_t epoch) {
  return values[std::min(static_cast<std::size_t>(epoch), values.size() - 1)];
}

}  // namespace

bool runs_fused(const Config& config, torch::Device device) {
  if (!device.is_cpu() || config.step != StepKind::kAuto) return false;
  return config.precision != Precision::kBFloat16 || bfloat16_products_run();
}

Trainer::Trainer(const Config& config)
    : config_(config),
      peers_(config.peers.count > 1 ? std::make_unique<Peers>(config.peers, torch::Device(config.device))
                                    : nullptr),
      nets_(config, torch::Device(config.device), peers_.get()),
      noise_key_(config.seed) {
  if (config.ema_decay > 0) average_.emplace(config.ema_decay, nets_.generator);
  use_rates();
}

void Trainer::join(const Idle& idle) {
  if (peers_) peers_->join(idle);
}

std::vector<std::string> Trainer::exchange(const std::string& text, const Idle& idle) {
  return peers_ ? peers_->exchange(text, idle) : std::vector<std::string>{text};
}

std::unique_ptr<Sampler> Trainer::make_sampler() const {
  const bool bfloat16 = is_bfloat16(config_.image_precision);
  const bool on_cpu = nets_.device.is_cpu();
  if (on_cpu && config_.step == StepKind::kAuto) {
    if (!bfloat16) return nullptr;
    const bool plain = config_.image_precision == Precision::kPlainBFloat16;
    if (plain || bfloat16_products_run()) return make_bfloat16_sampler(config_.latent_dim);
  }
  const auto batch = on_cpu ? std::min(kPaddedBatch, config_.max_batch) : config_.max_batch;
  return make_aten_sampler(config_.latent_dim, nets_.device, bfloat16, batch);
}

std::unique_ptr<Classifier> Trainer::make_classifier(const ClassifierWeights& weights) const {
  const bool on_cpu = nets_.device.is_cpu();
  if (on_cpu && config_.step == StepKind::kAuto) return nullptr;
  return make_aten_classifier(weights, nets_.device, on_cpu ? kPaddedBatch : config_.max_batch);
}

void Trainer::use_rates() {
  const auto value = [&](const ByEpoch& values) { return at_epoch(values, position_.epoch - origin_.epoch); };
  nets_.set_rates({value(config_.disc_lr), value(config_.gen_lr), value(config_.r1), value(config_.r2),
                   value(config_.mismatch)});
}

Step& Trainer::adversarial_step() {
  if (!step_) step_ = make_adversarial_step(config_, nets_);
  return *step_;
}

void Trainer::need_graphs() {
#ifdef DCGAN_CUDA_HEADERS
  // A captured graph cannot wait for other processes.
  const bool captures = config_.step == StepKind::kAuto && nets_.device.is_cuda() && nets_.peers == nullptr;
  if (!captures || graphs_) return;
  graphs_ = make_step_graphs(
      nets_, [this](const StepInputs& inputs, std::int64_t k) { return make_step(inputs, k); });
#endif
}

std::uint64_t Trainer::set_dataset(const TrainingSet& dataset) {
  const auto hash = MiniBatches::hash_of(dataset);
  if (!data_ || data_->hash() != hash || data_->count() != dataset.count) {
    graphs_.reset();
    data_.emplace(dataset, hash, nets_.device);
  }
  return hash;
}

void Trainer::require_whole() const {
  if (!in_step_) return;
  throw Error("ERR_DCGAN_PEER",
              "Another process failed in the middle of a step, so this model's step is incomplete. Load the "
              "last checkpoint");
}

void Trainer::restart() {
  require_whole();
  // Graphs hold the addresses of the average.
  graphs_.reset();
  if (average_) average_->reset(nets_.generator);
  origin_ = {position_.step, position_.epoch, 0};
}

void Trainer::begin_epoch() {
  require_whole();
  const bool goes_on =
      permutation_.defined() && trained_count_ == data_->count() && trained_hash_ == data_->hash();
  if (!goes_on) {
    permutation_ = MiniBatches::permutation(config_.seed, position_.epoch, data_->count());
    trained_count_ = data_->count();
    trained_hash_ = data_->hash();
    position_.batch = 0;
  }
  data_->shuffle(permutation_);
  use_rates();
  losses_ = torch::zeros({epoch_steps(), kLossValues}, torch::dtype(torch::kFloat32).device(nets_.device));
}

std::int64_t Trainer::together(std::int64_t most) const {
  const auto together = config_.steps_together > 0 ? config_.steps_together
                        : graphs_                  ? StepGraphs::kSteps
                                                   : 1;
  // A smaller mini-batch at the end of an epoch is a step by itself. Graphs have one step or `together`, so
  // only two have to be captured.
  const auto whole = data_->count() / config_.batch_size - position_.batch;
  return std::min(most, whole) < together ? 1 : together;
}

std::uint64_t Trainer::image_number(std::int64_t i, const Slice& slice) const {
  const auto update = i / slice.count, image = i % slice.count;
  return static_cast<std::uint64_t>(noise_drawn_ + update * slice.total + slice.first + image);
}

torch::Tensor Trainer::label_offsets(std::int64_t steps, const Slice& slice) const {
  if (nets_.rates.mismatch == 0 || config_.classes < 2) return {};
  auto offsets = torch::empty({steps, config_.disc_steps * slice.count},
                              torch::TensorOptions(torch::kInt64).pinned_memory(nets_.device.is_cuda()));
  auto* to = offsets.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < offsets.numel(); ++i) {
    to[i] = draw_label_offset(noise_key_, image_number(i, slice), config_.classes);
  }
  return offsets.to(nets_.device, /*non_blocking=*/true);
}

torch::Tensor Trainer::next_latents(std::int64_t steps, const Slice& slice) {
  const auto draws = steps * config_.disc_steps;
  // Pinned memory can be copied to the device without waiting. LibTorch keeps it until the copy is made.
  auto latents = torch::empty({steps, config_.disc_steps * slice.count, config_.latent_dim},
                              torch::TensorOptions(torch::kFloat32).pinned_memory(nets_.device.is_cuda()));
  auto* to = latents.data_ptr<float>();
  kernels::each(draws * slice.count, [&](std::int64_t i) {
    draw_latents(noise_key_, Stream::kNoise, image_number(i, slice), 1, config_.latent_dim,
                 to + i * config_.latent_dim);
  });
  noise_drawn_ += draws * slice.total;
  return latents.to(nets_.device, /*non_blocking=*/true);
}

torch::Tensor Trainer::next_weights(std::int64_t steps) const {
  const bool cuda = nets_.device.is_cuda();
  auto weights = torch::empty({steps}, torch::dtype(torch::kFloat64).pinned_memory(cuda));
  for (std::int64_t k = 0; k < steps; ++k) {
    weights.data_ptr<double>()[k] = average_->weight(position_.step - origin_.step + k);
  }
  // LibTorch multiplies all tensors of a list in one kernel only if the factor has their dtype.
  return cuda ? weights.to(nets_.device, /*non_blocking=*/true).to(nets_.dtype) : weights;
}

StepInputs Trainer::next_inputs(std::int64_t steps, const Slice& slice) {
  const auto first = position_.batch * config_.batch_size + slice.first;
  const auto offsets = label_offsets(steps, slice);  // before the latent vectors, which move noise_drawn_
  return {data_->rows(first, steps * slice.count).view({steps, slice.count}), next_latents(steps, slice),
          offsets, average_ ? next_weights(steps) : torch::Tensor()};
}

torch::Tensor Trainer::make_step(const StepInputs& inputs, std::int64_t k) {
  const auto rows = inputs.rows[k];
  const auto labels = data_->labels(rows);
  torch::Tensor others;
  if (inputs.label_offsets.defined()) {
    others = (labels.repeat({config_.disc_steps}) + inputs.label_offsets[k]).remainder(config_.classes);
  }
  const auto losses = adversarial_step().run({data_->images(rows), inputs.latents[k], labels, others});
  if (nets_.peers != nullptr) nets_.peers->sum(losses);
  if (average_) average_->update(inputs.weights[k], nets_.generator);
  return losses;
}

torch::Tensor Trainer::make_steps(const StepInputs& inputs) {
  std::vector<torch::Tensor> losses;
  for (std::int64_t k = 0; k < inputs.steps(); ++k) {
    seed_masks(nets_.dropout, nets_.device);
    losses.push_back(make_step(inputs, k));
  }
  return torch::stack(losses);
}

std::int64_t Trainer::step(std::int64_t most) {
  in_step_ = nets_.peers != nullptr;
  need_graphs();
  const auto& slice = nets_.divide(data_->size(position_.batch, config_.batch_size));
  const auto steps = together(most);
  const auto inputs = next_inputs(steps, slice);
  auto losses = graphs_ ? graphs_->replay(inputs) : torch::Tensor();
  if (!losses.defined()) losses = make_steps(inputs);
  losses_.narrow(0, position_.batch, steps).copy_(losses, /*non_blocking=*/true);
  position_.step += steps;
  position_.batch += steps;
  in_step_ = false;
  if (position_.batch == epoch_steps()) {
    ++position_.epoch;
    position_.batch = 0;
    permutation_.reset();
  }
  return steps;
}

std::vector<Losses> Trainer::losses(std::int64_t first, std::int64_t end) const {
  const auto values = losses_.slice(0, first, end).cpu().contiguous();
  std::vector<Losses> result(static_cast<std::size_t>(end - first));
  // An epoch that is cancelled before its first step has none, and then neither pointer may be used.
  if (!result.empty()) std::memcpy(result.data(), values.data_ptr(), result.size() * sizeof(Losses));
  return result;
}

}  // namespace dcgan
