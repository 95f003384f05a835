#include "training/trainer.h"

#include <algorithm>
#include <cstring>

#include "kernels/processor.h"
#include "random/latents.h"

namespace dcgan {

namespace {

std::unique_ptr<Step> make_step(const Config& config, Networks& networks) {
  // Every kind of step writes its gradients there.
  for (auto* adam : {&networks.generator_adam, &networks.discriminator_adam}) adam->join_gradients();
#ifdef DCGAN_CUDA_HEADERS
  // A captured graph cannot wait for other processes.
  const bool captures = networks.device.is_cuda() && networks.peers == nullptr;
  if (config.step == StepKind::kAuto && captures) return make_graph_step(networks);
#endif
  const bool fused =
      config.step == StepKind::kAuto && networks.device.is_cpu() && kernels::run(config.precision);
  return fused ? make_fused_step(networks) : make_plain_step(networks);
}

double at_epoch(const ByEpoch& values, std::int64_t epoch) {
  return values[std::min(static_cast<std::size_t>(epoch), values.size() - 1)];
}

}  // namespace

Trainer::Trainer(const Config& config, torch::Device device, Peers* peers)
    : config_(config),
      nets_(config, device, peers),
      fixed_latents_(torch::empty({config.fixed_count, config.latent_dim})),
      noise_key_(config.seed) {
  if (config.ema_decay > 0) average_.emplace(config.ema_decay, nets_.generator);
  draw_latents(config.seed, Stream::kFixed, 0, config.fixed_count, config.latent_dim,
               fixed_latents_.data_ptr<float>());
  for (std::int64_t i = 0; config.classes > 0 && i < config.fixed_count; ++i) {
    fixed_labels_.push_back(static_cast<std::uint8_t>(i % config.classes));
  }
  use_rates();
}

void Trainer::use_rates() {
  const auto value = [&](const ByEpoch& values) { return at_epoch(values, position_.epoch); };
  nets_.use({value(config_.disc_lr), value(config_.gen_lr), value(config_.r1), value(config_.r2)});
}

Step& Trainer::adversarial_step() {
  if (!step_) step_ = make_step(config_, nets_);
  return *step_;
}

std::uint64_t Trainer::set_dataset(const TrainingSet& dataset) {
  data_.emplace(dataset, nets_.device);
  return data_->hash();
}

void Trainer::require_whole() const {
  if (!in_step_) return;
  throw Error(
      "ERR_DCGAN_PEER",
      "This model stands in the middle of a step, as another process failed there. Load the last checkpoint");
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

torch::Tensor Trainer::next_latents(const Slice& slice) {
  const bool cuda = nets_.device.is_cuda();
  const auto count = slice.count * config_.disc_steps;
  // Pinned, so that the copy to the device waits for nothing; its memory is kept until it was made.
  auto latents =
      torch::empty({count, config_.latent_dim}, torch::TensorOptions(torch::kFloat32).pinned_memory(cuda));
  auto* to = latents.data_ptr<float>();
  for (std::int64_t update = 0; update < config_.disc_steps; ++update) {
    draw_latents(noise_key_, Stream::kNoise, static_cast<std::uint64_t>(noise_drawn_ + slice.first),
                 slice.count, config_.latent_dim, to + update * slice.count * config_.latent_dim);
    noise_drawn_ += slice.total;
  }
  return latents.to(nets_.device, /*non_blocking=*/true);
}

void Trainer::step() {
  in_step_ = nets_.peers != nullptr;
  const auto first = position_.batch * config_.batch_size;
  const auto& slice = nets_.divide(data_->size(position_.batch, config_.batch_size));
  seed_masks(nets_.dropout, nets_.device);
  const auto losses =
      adversarial_step().run({data_->images(first, slice), next_latents(slice), data_->labels(first, slice)});
  if (nets_.peers != nullptr) nets_.peers->sum(losses);
  losses_[position_.batch].copy_(losses, /*non_blocking=*/true);
  if (average_) average_->update(position_.step, nets_.generator);
  ++position_.step;
  ++position_.batch;
  in_step_ = false;
  if (position_.batch == epoch_steps()) {
    ++position_.epoch;
    position_.batch = 0;
    permutation_.reset();
  }
}

std::vector<Losses> Trainer::losses(std::int64_t first, std::int64_t end) const {
  const auto values = losses_.slice(0, first, end).cpu().contiguous();
  std::vector<Losses> result(static_cast<std::size_t>(end - first));
  std::memcpy(result.data(), values.data_ptr(), result.size() * sizeof(Losses));
  return result;
}

}  // namespace dcgan
