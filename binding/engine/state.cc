// The part of the engine that takes and gives the model's state.

#include <algorithm>
#include <cstring>
#include <iterator>

#include "engine/engine.h"
#include "host_tensors.h"

namespace dcgan {

namespace {

const std::string kGenerator = "generator.";
const std::string kAverage = "average.generator.";
constexpr const char* kFixedLatents = "fixed_latents";

bool holds(const State& state, const std::string& name) {
  return std::any_of(state.tensors.begin(), state.tensors.end(),
                     [&](const HostTensor& tensor) { return tensor.name == name; });
}

bool averaged(const State& state) { return holds(state, kAverage + "linear.weight"); }

/// The prefix of the generator that makes the images.
const std::string& served_prefix(const State& state) { return averaged(state) ? kAverage : kGenerator; }

Error not_loaded() { return {"ERR_DCGAN_NATIVE", "This model was not loaded"}; }

/// Returns the tensors with this prefix in their names, with `other` in its place.
std::vector<HostTensor> renamed(const State& state, const std::string& prefix, const std::string& other) {
  std::vector<HostTensor> tensors;
  for (const auto& tensor : state.tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    tensors.push_back(tensor);
    tensors.back().name.replace(0, prefix.size(), other);
  }
  return tensors;
}

}  // namespace

State Engine::state_of(StatePart part) {
  if (trains_) {
    auto state = training().export_state(part);
    if (part == StatePart::kGenerator) return state;
    HostTensor fixed{kFixedLatents, "F32", {config_.fixed_count, config_.latent_dim}, {}};
    fixed.data.resize(fixed_latents_.size() * sizeof(float));
    if (!fixed.data.empty()) std::memcpy(fixed.data.data(), fixed_latents_.data(), fixed.data.size());
    state.tensors.push_back(std::move(fixed));
    return state;
  }
  if (!state_) throw not_loaded();
  if (part == StatePart::kAll) return *state_;
  State state;
  state.position = state_->position;
  state.origin = state_->origin;
  state.dataset_count = state_->dataset_count;
  state.dataset_hash = state_->dataset_hash;
  state.tensors = renamed(*state_, served_prefix(*state_), kGenerator);
  return state;
}

void Engine::import(State state) {
  // A state that does not fit must change nothing, so all of it is checked first.
  auto fixed = fixed_latents_;
  if (holds(state, kFixedLatents)) {
    fixed = floats_of(state.tensors, kFixedLatents, {config_.fixed_count, config_.latent_dim});
  }
  const auto position = state.position;
  if (trains_) {
    training().import_state(state);
    sampler_stale_ = true;
  } else {
    keep(std::move(state));
  }
  fixed_latents_ = std::move(fixed);
  publish(position);
}

/// Keeps a state to sample from, and to make a TrainingModel of later. It gets an average of the generator if
/// this model has one, and loses it otherwise.
void Engine::keep(State state) {
  if (config_.ema_decay == 0) {
    std::erase_if(state.tensors, [](const HostTensor& tensor) { return tensor.name.starts_with(kAverage); });
  } else if (!averaged(state)) {
    auto average = renamed(state, kGenerator, kAverage);
    std::move(average.begin(), average.end(), std::back_inserter(state.tensors));
  }
  const auto generator = fold(state.tensors, served_prefix(state), config_.latent_dim, config_.classes);
  if (!sampler_) sampler_ = make_sampler();
  sampler_->prepare(generator);
  sampler_stale_ = false;
  state_ = std::move(state);
}

FoldedGenerator Engine::served() {
  if (trains_) return fold(training().served_tensors(), kGenerator, config_.latent_dim, config_.classes);
  if (!state_) throw not_loaded();
  return fold(state_->tensors, served_prefix(*state_), config_.latent_dim, config_.classes);
}

}  // namespace dcgan
