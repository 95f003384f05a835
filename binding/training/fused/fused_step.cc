// The adversarial step by hand. Images lie pixel by pixel, so every layer is a sum of matrix products. The
// operations between the products run while their results are in the cache. The plain step
// (training/plain_step.cc) is the specification.

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
      : Step(networks),
        generator_(nets_.generator, nets_.peers),
        discriminator_(nets_.discriminator, nets_.dropout) {}

 private:
  torch::Tensor arrange(const torch::Tensor& images) const override {
    return images.t().to(kScalar<A>, false, false, at::MemoryFormat::Contiguous);
  }

  torch::Tensor generate(const torch::Tensor& latents, const torch::Tensor& labels) override {
    return generator_.forward(latents, labels);
  }

  Update update_discriminator(const torch::Tensor& real, const torch::Tensor& fake, const Labels& labels,
                              Seen* seen) override {
    const auto batch = real.size(1);
    const auto logits = discriminator_.forward({real, fake}, labels.own, /*learning=*/true);
    const auto real_logits = logits.slice(0, 0, batch);
    const auto fake_logits = logits.slice(0, batch);
    Update update{discriminator_loss(nets_.objective, real_logits, fake_logits, nets_.slice.total), {}};
    const auto gradients = torch::cat({update.loss.real_gradient, update.loss.fake_gradient});
    if (labels.others.defined()) {
      add_mismatch(update.loss, discriminator_.other_logits(labels.others), nets_.mismatch,
                   nets_.slice.total);
    }
    const auto& others = update.loss.other_gradient;
    if (penalised(nets_.rates)) {
      // The penalties and the other labels need different signals, so the other labels have their own pass.
      torch::Tensor of_others;
      if (others.defined()) {
        discriminator_.parameter_gradients({}, others);
        of_others = nets_.discriminator_adam.gradients().clone();
      }
      const auto weights = penalty_weights(nets_, logits.options());
      update.penalties =
          penalties_of(weights, discriminator_.penalised_gradients({real, fake}, gradients, weights));
      if (of_others.defined()) nets_.discriminator_adam.gradients().add_(of_others);
    } else {
      discriminator_.parameter_gradients(gradients, others);
    }
    nets_.update(nets_.discriminator_adam);

    if (seen != nullptr) {
      report(*seen, "real_logits", real_logits);
      report(*seen, "fake_logits", fake_logits);
      report(*seen, "disc_loss", update.loss.value);
      if (update.penalties.defined()) report(*seen, "penalties", update.penalties);
      see_masks(*seen, "");
    }
    return update;
  }

  Loss update_generator(const torch::Tensor& real, const torch::Tensor& fake, const torch::Tensor& labels,
                        Seen* seen) override {
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
      report(*seen, "fake", fake.t().reshape({-1, kImage.channels, kImage.side, kImage.side}));
      report(*seen, "fake_logits_updated", logits);
      report(*seen, "gen_loss", loss.value);
      see_masks(*seen, "_gen");
    }
    return loss;
  }

  void report(Seen& seen, const char* name, const torch::Tensor& value) const {
    seen.insert(name, value.to(nets_.dtype));
  }

  void see_masks(Seen& seen, const std::string& suffix) const {
    if (nets_.dropout.probability == 0) return;
    const auto masks = discriminator_.masks();
    seen.insert("mask1" + suffix, masks.hidden1);
    seen.insert("mask2" + suffix, masks.hidden2);
  }

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
