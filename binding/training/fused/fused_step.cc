// The adversarial step by hand: images pixel by pixel, every layer a sum of matrix products, and what lies
// between the products done while their results are in the cache. The plain step (training/plain_step.cc) is
// its specification.

#include "model/losses.h"
#include "training/fused/discriminator_pass.h"
#include "training/fused/generator_pass.h"
#include "training/step.h"

namespace dcgan {

namespace {

template <class S>
class FusedStep : public Step {
 public:
  using A = kernels::SumOf<S>;

  explicit FusedStep(Networks& networks)
      : nets_(networks), generator_(nets_.generator), discriminator_(nets_.discriminator, nets_.dropout) {
    // The passes write into them.
    for (const auto* adam : {&nets_.generator_adam, &nets_.discriminator_adam}) {
      for (const auto& parameter : adam->parameters()) {
        parameter.mutable_grad() = torch::zeros_like(parameter).detach();
      }
    }
  }

 private:
  torch::Tensor step(const MiniBatch& given, Seen* seen) override {
    const auto& labels = given.labels;
    const auto batch = given.images.size(0);
    const auto real = given.images.t()
                          .to(kernels::kScalar<A>, false, false, at::MemoryFormat::Contiguous)
                          .div_(127.5)
                          .sub_(1.0);
    const auto fake = generator_.forward(given.latents, labels);

    const auto logits = discriminator_.forward({real, fake}, labels, /*learning=*/true);
    if (seen != nullptr) see_masks(*seen, "");
    const auto disc_loss = discriminator_loss(logits.slice(0, 0, batch), logits.slice(0, batch));
    discriminator_.parameter_gradients(torch::cat({disc_loss.real_gradient, disc_loss.fake_gradient}));
    nets_.discriminator_adam.step();

    const auto updated_logits = discriminator_.forward({fake}, labels, /*learning=*/false);
    if (seen != nullptr) see_masks(*seen, "_gen");
    const auto gen_loss = generator_loss(updated_logits);
    auto gradient = discriminator_.image_gradients(gen_loss.fake_gradient);
    gradient.mul_(1 - fake * fake);  // through tanh
    generator_.backward(gradient);
    nets_.generator_adam.step();

    if (seen != nullptr) {
      const auto tell = [&](const char* name, const torch::Tensor& value) {
        seen->insert(name, value.to(nets_.dtype));
      };
      tell("fake", fake.t().reshape({batch, kImage.channels, kImage.side, kImage.side}));
      tell("real_logits", logits.slice(0, 0, batch));
      tell("fake_logits", logits.slice(0, batch));
      tell("fake_logits_updated", updated_logits);
      tell("disc_loss", disc_loss.value);
      tell("gen_loss", gen_loss.value);
    }
    return torch::stack({disc_loss.value, gen_loss.value}).to(torch::kFloat32);
  }

  void see_masks(Seen& seen, const std::string& suffix) const {
    if (nets_.dropout.probability == 0) return;
    const auto masks = discriminator_.masks();
    seen.insert("mask1" + suffix, masks.hidden1);
    seen.insert("mask2" + suffix, masks.hidden2);
  }

  Networks& nets_;
  GeneratorPass<S> generator_;
  DiscriminatorPass<S> discriminator_;
};

}  // namespace

std::unique_ptr<Step> make_fused_step(Networks& networks) {
  if (networks.bfloat16) return std::make_unique<FusedStep<kernels::BFloat16>>(networks);
  if (networks.dtype == torch::kFloat64) return std::make_unique<FusedStep<double>>(networks);
  return std::make_unique<FusedStep<float>>(networks);
}

}  // namespace dcgan
