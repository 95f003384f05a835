#include "training/step.h"

#include <limits>

namespace dcgan {

/// Returns the values of Losses (contract.h), in their order. A part that the loss does not have is NaN.
static torch::Tensor losses_of(const Loss& disc, const Loss& gen, const torch::Tensor& penalties) {
  const auto part = [&](const torch::Tensor& value) {
    return value.defined() ? value : torch::full_like(disc.value, std::numeric_limits<double>::quiet_NaN());
  };
  auto losses = torch::stack({disc.value, gen.value, part(disc.real), part(disc.fake)});
  const auto added = penalties.defined() ? penalties.detach() : losses.new_zeros({2});
  return torch::cat({losses, added.to(losses.dtype())}).to(torch::kFloat32);
}

torch::Tensor Step::step(const MiniBatch& batch, Seen* seen) {
  const auto& labels = batch.labels;
  const auto real_count = batch.images.size(0);
  const auto real = arrange(batch.images).div_(127.5).sub_(1.0);
  const auto latents = batch.latents.chunk(nets_.disc_steps);
  const auto labels_of = [&](std::size_t update) {
    const auto first = static_cast<std::int64_t>(update) * real_count;
    return Labels{labels, batch.others.defined() ? batch.others.narrow(0, first, real_count) : batch.others};
  };
  // Only the images of the last update also train the generator, and need its graph.
  for (std::size_t i = 0; i + 1 < latents.size(); ++i) {
    update_discriminator(real, without_graph([&] { return generate(latents[i], labels); }), labels_of(i),
                         nullptr);
  }
  const auto fake = generate(latents.back(), labels);
  const auto [disc_loss, penalties] = update_discriminator(real, fake, labels_of(latents.size() - 1), seen);
  const auto gen_loss = update_generator(real, fake, labels, seen);
  return losses_of(disc_loss, gen_loss, penalties);
}

Step::Seen Step::probe(const MiniBatch& batch) {
  Seen seen;
  step(batch, &seen);
  return seen;
}

}  // namespace dcgan
