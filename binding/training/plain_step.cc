#include <ATen/autocast_mode.h>

#include "model/losses.h"
#include "training/step.h"

namespace dcgan {

namespace {

/// bfloat16 where LibTorch's autocast thinks it safe; weights, statistics and losses stay float32.
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

/// From the gradient of a loss with respect to logits to its gradients with respect to parameters.
void set_gradients(const torch::Tensor& logits, const torch::Tensor& gradient,
                   const std::vector<torch::Tensor>& parameters) {
  const auto grads = torch::autograd::grad({logits}, parameters, {gradient});
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].mutable_grad() = grads[i];
}

class PlainStep : public Step {
 public:
  explicit PlainStep(Networks& networks) : nets_(networks) {}

 private:
  torch::Tensor step(const MiniBatch& given, Seen* seen) override {
    const auto& labels = given.labels;
    const auto batch = given.images.size(0);
    const auto real = given.images.to(nets_.dtype)
                          .div_(127.5)
                          .sub_(1.0)
                          .view({batch, kImage.channels, kImage.side, kImage.side});
    const auto fake = generate(given);

    // One pass over both halves: the discriminator has no batch statistics.
    const auto masks = next_masks(nets_.dropout, 2 * batch, nets_.device, nets_.dtype);
    const auto logits = discriminate(torch::cat({real, fake.detach()}), both(labels), masks);
    const auto real_logits = logits.slice(0, 0, batch);
    const auto fake_logits = logits.slice(0, batch);
    const auto disc_loss = discriminator_loss(real_logits, fake_logits);
    set_gradients(logits, torch::cat({disc_loss.real_gradient, disc_loss.fake_gradient}),
                  nets_.discriminator_adam.parameters());
    nets_.discriminator_adam.step();

    const auto gen_masks = next_masks(nets_.dropout, batch, nets_.device, nets_.dtype);
    const auto updated_logits = discriminate(fake, labels, gen_masks);
    const auto gen_loss = generator_loss(updated_logits);
    set_gradients(updated_logits, gen_loss.fake_gradient, nets_.generator_adam.parameters());
    nets_.generator_adam.step();

    if (seen != nullptr) {
      seen->insert("fake", fake.detach());
      seen->insert("real_logits", real_logits.detach());
      seen->insert("fake_logits", fake_logits.detach());
      seen->insert("fake_logits_updated", updated_logits.detach());
      seen->insert("disc_loss", disc_loss.value);
      seen->insert("gen_loss", gen_loss.value);
      if (masks.hidden1.defined()) {
        seen->insert("mask1", masks.hidden1);
        seen->insert("mask2", masks.hidden2);
        seen->insert("mask1_gen", gen_masks.hidden1);
        seen->insert("mask2_gen", gen_masks.hidden2);
      }
    }
    return torch::stack({disc_loss.value, gen_loss.value}).to(torch::kFloat32);
  }

  /// The labels of real images and those of generated ones.
  static torch::Tensor both(const torch::Tensor& labels) {
    return labels.defined() ? torch::cat({labels, labels}) : labels;
  }

  torch::Tensor generate(const MiniBatch& batch) {
    Autocast autocast(nets_.device, nets_.bfloat16);
    return nets_.generator->forward(batch.latents.to(nets_.dtype), batch.labels).to(nets_.dtype);
  }

  torch::Tensor discriminate(const torch::Tensor& images, const torch::Tensor& labels,
                             const DropoutMasks& masks) {
    Autocast autocast(nets_.device, nets_.bfloat16);
    return nets_.discriminator->forward(images, labels, masks).to(nets_.dtype);
  }

  Networks& nets_;
};

}  // namespace

std::unique_ptr<Step> make_plain_step(Networks& networks) { return std::make_unique<PlainStep>(networks); }

}  // namespace dcgan
