// The adversarial step by hand: images pixel by pixel, every layer a sum of matrix products, and what lies
// between the products done while their results are in the cache. The plain step (training/plain_step.cc) is
// its specification.

#include "training/fused/discriminator_pass.h"
#include "training/fused/generator_pass.h"
#include "training/penalties.h"
#include "training/step.h"

namespace dcgan {

namespace {

template <class S>
class FusedStep : public Step {
 public:
  using A = kernels::SumOf<S>;

  explicit FusedStep(Networks& networks)
      : nets_(networks),
        generator_(nets_.generator, nets_.peers),
        discriminator_(nets_.discriminator, nets_.dropout) {}

 private:
  torch::Tensor step(const MiniBatch& given, Seen* seen) override {
    const auto& labels = given.labels;
    const auto batch = given.images.size(0);
    const auto real = given.images.t()
                          .to(kernels::kScalar<A>, false, false, at::MemoryFormat::Contiguous)
                          .div_(127.5)
                          .sub_(1.0);
    const auto latents = given.latents.chunk(nets_.disc_steps);
    for (std::size_t i = 0; i + 1 < latents.size(); ++i) {
      update_discriminator(real, generator_.forward(latents[i], labels), labels, nullptr);
    }
    const auto fake = generator_.forward(latents.back(), labels);
    const auto [disc_loss, penalties] = update_discriminator(real, fake, labels, seen);
    const auto gen_loss = update_generator(real, fake, labels, seen);
    if (seen != nullptr) {
      seen->insert("fake",
                   fake.t().reshape({batch, kImage.channels, kImage.side, kImage.side}).to(nets_.dtype));
    }
    return losses_of(disc_loss, gen_loss, penalties);
  }

  struct Update {
    Loss loss;
    torch::Tensor penalties;
  };

  Update update_discriminator(const torch::Tensor& real, const torch::Tensor& fake,
                              const torch::Tensor& labels, Seen* seen) {
    const auto batch = real.size(1);
    const auto logits = discriminator_.forward({real, fake}, labels, /*learning=*/true);
    const auto real_logits = logits.slice(0, 0, batch);
    const auto fake_logits = logits.slice(0, batch);
    Update update{discriminator_loss(nets_.objective, real_logits, fake_logits, nets_.slice.total), {}};
    const auto gradients = torch::cat({update.loss.real_gradient, update.loss.fake_gradient});
    if (penalised(nets_.rates)) {
      const auto weights = penalty_weights(nets_, logits.options());
      update.penalties =
          penalties_of(weights, discriminator_.penalised_gradients({real, fake}, gradients, weights));
    } else {
      discriminator_.parameter_gradients(gradients);
    }
    nets_.update(nets_.discriminator_adam);

    if (seen != nullptr) {
      tell(*seen, "real_logits", real_logits);
      tell(*seen, "fake_logits", fake_logits);
      tell(*seen, "disc_loss", update.loss.value);
      if (update.penalties.defined()) tell(*seen, "penalties", update.penalties);
      see_masks(*seen, "");
    }
    return update;
  }

  Loss update_generator(const torch::Tensor& real, const torch::Tensor& fake, const torch::Tensor& labels,
                        Seen* seen) {
    torch::Tensor real_logits;
    if (nets_.objective.kind == LossKind::kRelativistic) {
      real_logits = discriminator_.forward({real}, labels, /*learning=*/false);
    }
    const auto logits = discriminator_.forward({fake}, labels, /*learning=*/false);
    const auto loss = generator_loss(nets_.objective, real_logits, logits, nets_.slice.total);
    auto gradient = discriminator_.image_gradients(loss.fake_gradient);
    gradient.mul_(1 - fake * fake);  // through tanh
    generator_.backward(gradient);
    nets_.update(nets_.generator_adam);

    if (seen != nullptr) {
      tell(*seen, "fake_logits_updated", logits);
      tell(*seen, "gen_loss", loss.value);
      see_masks(*seen, "_gen");
    }
    return loss;
  }

  void tell(Seen& seen, const char* name, const torch::Tensor& value) const {
    seen.insert(name, value.to(nets_.dtype));
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
