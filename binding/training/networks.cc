#include "training/networks.h"

#include <ATen/CPUGeneratorImpl.h>

#include "model/initialise.h"
#include "random/philox.h"
#include "training/bfloat16_products.h"

namespace dcgan {

namespace {

/// Tensor cores need the channels of a convolution's weights to lie side by side.
void to_channels_last(torch::nn::Module& module) {
  for (auto& parameter : module.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.data().contiguous(at::MemoryFormat::ChannelsLast));
  }
}

template <class Module>
Module moved(Module module, torch::Device device, torch::Dtype dtype) {
  module->to(device);
  for (auto& parameter : module->parameters()) parameter.set_data(parameter.data().to(dtype));
  // to(dtype) would turn the counters of batch normalisation into floating-point numbers as well.
  for (auto& buffer : module->buffers()) {
    if (buffer.is_floating_point()) buffer.set_data(buffer.data().to(dtype));
  }
  if (device.is_cuda()) to_channels_last(*module);
  return module;
}

AdamOptions adam_options(const Config& config) { return {0, config.beta1, config.beta2, 1e-8}; }

}  // namespace

Networks::Networks(const Config& config, torch::Device where, Peers* others)
    : device(where),
      dtype(config.precision == Precision::kFloat64 ? torch::kFloat64 : torch::kFloat32),
      bfloat16(is_bfloat16(config.precision)),
      generator(moved(Generator(config.latent_dim, config.classes), device, dtype)),
      discriminator(moved(Discriminator(config.classes), device, dtype)),
      generator_adam(generator->parameters(), adam_options(config)),
      discriminator_adam(discriminator->parameters(), adam_options(config)),
      dropout{{config.dropout, config.seed, 0, {}}, {}},
      objective{config.loss, config.label_smoothing},
      disc_steps(config.disc_steps),
      penalties(torch::zeros({2}, torch::dtype(torch::kFloat64).device(device))),
      mismatch(torch::zeros({}, torch::dtype(torch::kFloat64).device(device))),
      peers(others) {
  if (bfloat16) use_plain_bfloat16(config.precision == Precision::kPlainBFloat16);
  // Drawn on the CPU, so that a seed means the same weights on every device.
  Generator cpu_generator(config.latent_dim, config.classes);
  Discriminator cpu_discriminator(config.classes);
  initialise(cpu_generator, cpu_discriminator,
             at::make_generator<at::CPUGeneratorImpl>(derive_seed(config.seed, Stream::kInit, 0)));
  torch::NoGradGuard no_grad;
  const auto copy = [](const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
  };
  copy(cpu_generator->parameters(), generator->parameters());
  copy(cpu_discriminator->parameters(), discriminator->parameters());
}

void Networks::set_rates(const Rates& now) {
  rates = now;
  penalties[0].fill_(now.r1);
  penalties[1].fill_(now.r2);
  mismatch.fill_(now.mismatch);
  discriminator_adam.set_lr(now.disc_lr);
  generator_adam.set_lr(now.gen_lr);
}

void Networks::update(Adam& adam) {
  if (peers != nullptr) peers->sum(adam.gradients());
  adam.step();
}

const Slice& Networks::divide(std::int64_t images) {
  slice = peers == nullptr ? Slice{0, images, images} : peers->divide(images);
  dropout.slice = slice;
  return slice;
}

}  // namespace dcgan
