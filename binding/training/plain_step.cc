#include <ATen/autocast_mode.h>

#include "training/penalties.h"
#include "training/step.h"

namespace dcgan {

namespace {

/// While it lives, LibTorch computes in bfloat16 where its autocast considers that safe. Weights, statistics
/// and losses stay float32.
class Autocast {
 public:
  Autocast(torch::Device device, bool enabled) : type_(device.type()) {
    before_ = at::autocast::is_autocast_enabled(type_);
    at::autocast::set_autocast_enabled(type_, enabled);
    at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  }
  ~Autocast() {
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type_, before_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType type_;
  bool before_;
};

/// The beginning of a backward pass: outputs, and the loss's gradients with respect to them.
struct Outputs {
  std::vector<torch::Tensor> values;
  std::vector<torch::Tensor> gradients;
};

/// Returns ‖∇ₓD(x)‖² of each image, with the graph that a second derivative needs.
torch::Tensor squared_slopes(const torch::Tensor& logits, const torch::Tensor& images) {
  const auto slopes = torch::autograd::grad({logits.sum()}, {images}, {}, /*retain_graph=*/true,
                                            /*create_graph=*/true)[0];
  return slopes.square().sum({1, 2, 3});
}

class PlainStep : public Step {
 public:
  using Step::Step;

 private:
  torch::Tensor arrange(const torch::Tensor& images) const override {
    return images.to(nets_.dtype).view({-1, kImage.channels, kImage.side, kImage.side});
  }

  /// Real and generated images share a pass, because the discriminator has no batch statistics.
  Update update_discriminator(const torch::Tensor& real, const torch::Tensor& fake, const Labels& labels,
                              Seen* seen) override {
    const auto batch = real.size(0);
    const bool penalise = penalised(nets_.rates);
    const auto images = torch::cat({real, fake.detach()}).requires_grad_(penalise);
    const auto masks = next_masks(nets_.dropout, 2 * batch, nets_.device, nets_.dtype);
    const auto features = features_of(images, masks);
    const auto logits = nets_.discriminator->logits(features, both(labels.own));
    const auto real_logits = logits.slice(0, 0, batch);
    const auto fake_logits = logits.slice(0, batch);
    Update update{discriminator_loss(nets_.objective, real_logits, fake_logits, nets_.slice.total), {}};
    auto& loss = update.loss;
    Outputs outputs{{logits}, {torch::cat({loss.real_gradient, loss.fake_gradient})}};
    if (labels.others.defined()) {
      const auto others = nets_.discriminator->logits(features.slice(0, 0, batch), labels.others);
      add_mismatch(loss, others, nets_.mismatch, nets_.slice.total);
      outputs.values.push_back(others);
      outputs.gradients.push_back(loss.other_gradient);
    }
    if (penalise) {
      const auto weights = penalty_weights(nets_, logits.options());
      update.penalties = penalties_of(weights, squared_slopes(logits, images));
      outputs.values.push_back(update.penalties);
      outputs.gradients.push_back(torch::ones_like(update.penalties));
    }
    learn(outputs, nets_.discriminator_adam);

    if (seen != nullptr) {
      seen->insert("real_logits", real_logits.detach());
      seen->insert("fake_logits", fake_logits.detach());
      seen->insert("disc_loss", loss.value);
      if (penalise) seen->insert("penalties", update.penalties.detach());
      see_masks(*seen, masks, "");
    }
    return update;
  }

  Loss update_generator(const torch::Tensor& real, const torch::Tensor& fake, const torch::Tensor& labels,
                        Seen* seen) override {
    torch::Tensor real_logits;
    if (nets_.objective.kind == LossKind::kRelativistic) {
      const auto masks = next_masks(nets_.dropout, real.size(0), nets_.device, nets_.dtype);
      real_logits = without_graph([&] { return discriminate(real, labels, masks); });
    }
    const auto masks = next_masks(nets_.dropout, fake.size(0), nets_.device, nets_.dtype);
    const auto logits = discriminate(fake, labels, masks);
    const auto loss = generator_loss(nets_.objective, real_logits, logits, nets_.slice.total);
    learn({{logits}, {loss.fake_gradient}}, nets_.generator_adam);

    if (seen != nullptr) {
      seen->insert("fake", fake.detach());
      seen->insert("fake_logits_updated", logits.detach());
      seen->insert("gen_loss", loss.value);
      see_masks(*seen, masks, "_gen");
    }
    return loss;
  }

  /// Runs the backward pass, copies the gradients into each parameter's grad(), and updates the network.
  void learn(const Outputs& outputs, Adam& adam) {
    const auto& parameters = adam.parameters();
    const auto grads = torch::autograd::grad(outputs.values, parameters, outputs.gradients);
    torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> own;
    for (const auto& parameter : parameters) own.push_back(parameter.grad());
    at::_foreach_copy_(own, grads);
    nets_.update(adam);
  }

  static void see_masks(Seen& seen, const DropoutMasks& masks, const std::string& suffix) {
    if (!masks.hidden1.defined()) return;
    seen.insert("mask1" + suffix, masks.hidden1);
    seen.insert("mask2" + suffix, masks.hidden2);
  }

  /// Returns the labels of the real images followed by the same labels, for the generated ones.
  static torch::Tensor both(const torch::Tensor& labels) {
    return labels.defined() ? torch::cat({labels, labels}) : labels;
  }

  torch::Tensor generate(const torch::Tensor& latents, const torch::Tensor& labels) override {
    Autocast autocast(nets_.device, nets_.bfloat16);
    return nets_.generator->forward(latents.to(nets_.dtype), labels, nets_.peers).to(nets_.dtype);
  }

  torch::Tensor discriminate(const torch::Tensor& images, const torch::Tensor& labels,
                             const DropoutMasks& masks) {
    // Outside autocast, because a loss may be the small difference of large logits.
    return nets_.discriminator->logits(features_of(images, masks), labels);
  }

  torch::Tensor features_of(const torch::Tensor& images, const DropoutMasks& masks) {
    Autocast autocast(nets_.device, nets_.bfloat16);
    return nets_.discriminator->features(images, masks).to(nets_.dtype);
  }
};

}  // namespace

std::unique_ptr<Step> make_plain_step(Networks& networks) { return std::make_unique<PlainStep>(networks); }

}  // namespace dcgan
