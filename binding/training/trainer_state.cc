// A trainer's state as named tensors. The state file has the same names (docs/state-file.md).

#include <cstring>
#include <map>

#include "training/trainer.h"

namespace dcgan {

namespace {

using Named = std::vector<std::pair<std::string, torch::Tensor>>;

std::string dtype_name(torch::Dtype dtype) {
  switch (dtype) {
    case torch::kFloat32:
      return "F32";
    case torch::kFloat64:
      return "F64";
    case torch::kInt64:
      return "I64";
    default:
      return "U8";
  }
}

torch::Dtype dtype_of(const std::string& name) {
  if (name == "F32") return torch::kFloat32;
  if (name == "F64") return torch::kFloat64;
  if (name == "I64") return torch::kInt64;
  return torch::kUInt8;
}

HostTensor to_host(const std::string& name, const torch::Tensor& tensor) {
  const auto host = tensor.detach().cpu().contiguous();
  HostTensor result{name, dtype_name(host.scalar_type()), host.sizes().vec(), {}};
  result.data.resize(host.nbytes());
  if (!result.data.empty()) std::memcpy(result.data.data(), host.data_ptr(), result.data.size());
  return result;
}

torch::Tensor from_host(const HostTensor& host) {
  auto tensor = torch::empty(host.shape, dtype_of(host.dtype));
  if (tensor.nbytes() != host.data.size()) {
    throw Error("ERR_DCGAN_BAD_CHECKPOINT", host.name + " has " + std::to_string(host.data.size()) +
                                                " bytes where its shape needs " +
                                                std::to_string(tensor.nbytes()));
  }
  if (!host.data.empty()) std::memcpy(tensor.data_ptr(), host.data.data(), host.data.size());
  return tensor;
}

void add_module(Named& named, const std::string& prefix, const torch::nn::Module& module) {
  for (const auto& item : module.named_parameters()) named.emplace_back(prefix + item.key(), item.value());
  for (const auto& item : module.named_buffers()) named.emplace_back(prefix + item.key(), item.value());
}

void add_moments(Named& named, const std::string& prefix, const torch::nn::Module& module, Adam& adam) {
  std::size_t i = 0;
  for (const auto& item : module.named_parameters()) {
    named.emplace_back(prefix + item.key() + ".exp_avg", adam.exp_avgs()[i]);
    named.emplace_back(prefix + item.key() + ".exp_avg_sq", adam.exp_avg_sqs()[i]);
    ++i;
  }
}

torch::Tensor key_and_counter(std::uint64_t key, std::uint64_t counter) {
  return torch::tensor({static_cast<std::int64_t>(key), static_cast<std::int64_t>(counter)}, torch::kInt64);
}

const std::string kAverage = "average.generator.";

}  // namespace

/// Returns the tensors on the device. They share the trainer's memory.
Named Trainer::named_tensors(StatePart part) {
  Named named;
  add_module(named, "generator.", *nets_.generator);
  if (part == StatePart::kGenerator) return named;
  if (average_) add_module(named, kAverage, *average_->generator());
  add_module(named, "discriminator.", *nets_.discriminator);
  add_moments(named, "optimizer.generator.", *nets_.generator, nets_.generator_adam);
  add_moments(named, "optimizer.discriminator.", *nets_.discriminator, nets_.discriminator_adam);
  return named;
}

std::vector<HostTensor> Trainer::served_tensors() {
  Named named;
  add_module(named, "generator.", *served_generator());
  std::vector<HostTensor> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(to_host(name, tensor));
  return tensors;
}

State Trainer::export_state(StatePart part) {
  require_whole();
  State state;
  state.position = position_;
  state.origin = origin_;
  state.dataset_count = trained_count_;
  state.dataset_hash = trained_hash_;
  if (part == StatePart::kGenerator) {
    state.tensors = served_tensors();
    return state;
  }
  for (const auto& [name, tensor] : named_tensors(part)) state.tensors.push_back(to_host(name, tensor));
  state.tensors.push_back(to_host("optimizer.generator.step", torch::tensor(nets_.generator_adam.steps())));
  state.tensors.push_back(
      to_host("optimizer.discriminator.step", torch::tensor(nets_.discriminator_adam.steps())));
  state.tensors.push_back(
      to_host("rng.noise", key_and_counter(noise_key_, static_cast<std::uint64_t>(noise_drawn_))));
  state.tensors.push_back(to_host("rng.dropout", key_and_counter(nets_.dropout.key, nets_.dropout.pass)));
  if (permutation_.defined()) state.tensors.push_back(to_host("epoch.permutation", permutation_));
  return state;
}

void Trainer::import_state(const State& state) {
  std::map<std::string, const HostTensor*> given;
  for (const auto& tensor : state.tensors) given.emplace(tensor.name, &tensor);
  const bool whole = given.contains("optimizer.generator.step");
  const bool averaged = given.contains(kAverage + "linear.weight");
  const auto value = [&](const std::string& name, torch::IntArrayRef shape) {
    const auto found = given.find(name);
    if (found == given.end()) throw Error("ERR_DCGAN_BAD_CHECKPOINT", "the state has no tensor " + name);
    if (torch::IntArrayRef(found->second->shape) == shape) return from_host(*found->second);
    throw Error("ERR_DCGAN_BAD_CHECKPOINT", "the tensor " + name + " has another shape than this model's");
  };

  // A state that does not fit must change nothing, so all of it is checked first.
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copies;
  for (const auto& [name, target] : named_tensors(whole ? StatePart::kAll : StatePart::kGenerator)) {
    if (!averaged && name.starts_with(kAverage)) continue;
    copies.emplace_back(target, value(name, target.sizes()));
  }
  torch::Tensor noise, dropout, generator_steps, discriminator_steps, permutation;
  if (whole) {
    noise = value("rng.noise", {2});
    dropout = value("rng.dropout", {2});
    generator_steps = value("optimizer.generator.step", {});
    discriminator_steps = value("optimizer.discriminator.step", {});
    if (given.contains("epoch.permutation")) permutation = value("epoch.permutation", {state.dataset_count});
  }

  torch::NoGradGuard no_grad;
  graphs_.reset();
  for (auto& [target, source] : copies) target.copy_(source);
  if (average_ && !averaged) average_->reset(nets_.generator);
  position_ = state.position;
  origin_ = state.origin;
  trained_count_ = state.dataset_count;
  trained_hash_ = state.dataset_hash;
  use_rates();
  if (!whole) return;
  noise_key_ = static_cast<std::uint64_t>(noise[0].item<std::int64_t>());
  noise_drawn_ = noise[1].item<std::int64_t>();
  nets_.dropout.key = static_cast<std::uint64_t>(dropout[0].item<std::int64_t>());
  nets_.dropout.pass = static_cast<std::uint64_t>(dropout[1].item<std::int64_t>());
  nets_.generator_adam.set_steps(generator_steps.item<std::int64_t>());
  nets_.discriminator_adam.set_steps(discriminator_steps.item<std::int64_t>());
  permutation_ = permutation;
}

std::vector<HostTensor> Trainer::probe(const ProbeRequest& request) {
  const auto count = static_cast<std::int64_t>(request.images.size()) / kImagePixels;
  const auto& slice = nets_.divide(count);
  const MiniBatches given({request.images, request.labels, count}, /*hash=*/0, nets_.device);
  const auto rows = torch::arange(slice.first, slice.first + slice.count, torch::device(nets_.device));
  const auto latents = torch::tensor(request.latents)
                           .view({config_.disc_steps, count, config_.latent_dim})
                           .narrow(1, slice.first, slice.count)
                           .reshape({-1, config_.latent_dim});
  torch::Tensor others;
  if (!request.other_labels.empty()) {
    others = torch::tensor(at::ArrayRef<std::uint8_t>(request.other_labels))
                 .to(nets_.device, torch::kInt64)
                 .view({config_.disc_steps, count})
                 .narrow(1, slice.first, slice.count)
                 .reshape({-1});
  }
  const MiniBatch batch{given.images(rows), latents.to(nets_.device), given.labels(rows), others};

  std::vector<HostTensor> result;
  {
    torch::NoGradGuard no_grad;
    nets_.generator->eval();
    result.push_back(to_host(
        "fake_eval",
        nets_.generator->forward(batch.latents.slice(0, 0, slice.count).to(nets_.dtype), batch.labels)));
    nets_.generator->train();
  }
  seed_masks(nets_.dropout, nets_.device);
  for (const auto& item : adversarial_step().probe(batch))
    result.push_back(to_host(item.key(), item.value()));
  const auto gradients = [&](const std::string& prefix, const torch::nn::Module& module) {
    for (const auto& item : module.named_parameters())
      result.push_back(to_host(prefix + item.key(), item.value().grad()));
  };
  gradients("grad.discriminator.", *nets_.discriminator);
  gradients("grad.generator.", *nets_.generator);
  return result;
}

}  // namespace dcgan
