// The adversarial step by hand: images pixel by pixel, every layer a sum of matrix products, and what lies
// between them fused into their epilogues. The eager step is its reference, in tests and where this is off.

#include <cmath>

#include "training/fused/discriminator_pass.h"
#include "training/fused/generator_pass.h"
#include "training/step.h"

namespace dcgan {

namespace {

using fused::Index;

double cross_entropy(double logit, double label) {
  return std::max(logit, 0.0) - logit * label + std::log1p(std::exp(-std::abs(logit)));
}

double sigmoid(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

/// The mean cross-entropy of logits [begin, end), and its gradients.
double mean_cross_entropy(const std::vector<double>& logits, Index begin, Index end, double label,
                          std::vector<double>& gradients) {
  const double count = static_cast<double>(end - begin);
  double sum = 0;
  for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
    sum += cross_entropy(logits[i], label);
    gradients[i] = (sigmoid(logits[i]) - label) / count;
  }
  return sum / count;
}

template <class S>
class FusedStep : public Step {
 public:
  using A = fused::SumOf<S>;

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
  torch::Tensor step(const torch::Tensor& images, const torch::Tensor& latents, Seen* seen) override {
    const Index batch = images.size(0);
    const auto real =
        images.t().to(fused::kScalar<A>, false, false, at::MemoryFormat::Contiguous).div_(127.5).sub_(1.0);
    const auto fake = generator_.forward(latents);

    const auto logits = discriminator_.forward({real, fake}, true);
    if (seen != nullptr) see_masks(*seen, "");
    std::vector<double> gradients(logits.size());
    const double disc_loss = mean_cross_entropy(logits, 0, batch, 1.0, gradients) +
                             mean_cross_entropy(logits, batch, 2 * batch, 0.0, gradients);
    discriminator_.parameter_gradients(gradients);
    nets_.discriminator_adam.step();

    const auto updated = discriminator_.forward({fake}, false);
    if (seen != nullptr) see_masks(*seen, "_gen");
    std::vector<double> updated_gradients(updated.size());
    const double gen_loss = mean_cross_entropy(updated, 0, batch, 1.0, updated_gradients);
    auto gradient = discriminator_.image_gradients(updated_gradients);
    gradient.mul_(1 - fake * fake);  // through tanh
    generator_.backward(gradient);
    nets_.generator_adam.step();

    if (seen != nullptr) {
      const auto all = torch::tensor(logits, torch::kFloat64).to(nets_.dtype);
      seen->insert("fake", fake.t().reshape({batch, 1, 28, 28}));
      seen->insert("real_logits", all.slice(0, 0, batch));
      seen->insert("fake_logits", all.slice(0, batch));
      seen->insert("fake_logits_updated", torch::tensor(updated, torch::kFloat64).to(nets_.dtype));
      seen->insert("disc_loss", torch::tensor(disc_loss, nets_.dtype));
      seen->insert("gen_loss", torch::tensor(gen_loss, nets_.dtype));
    }
    return torch::tensor({static_cast<float>(disc_loss), static_cast<float>(gen_loss)});
  }

  void see_masks(Seen& seen, const std::string& suffix) const {
    if (nets_.dropout.probability == 0) return;
    const auto masks = discriminator_.masks();
    seen.insert("mask1" + suffix, masks.hidden1.clone());
    seen.insert("mask2" + suffix, masks.hidden2.clone());
  }

  Networks& nets_;
  fused::GeneratorPass<S> generator_;
  fused::DiscriminatorPass<S> discriminator_;
};

}  // namespace

bool fused_step_runs(Precision precision) {
#ifdef DCGAN_FUSED
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!avx512) return false;
  if (precision != Precision::kBFloat16) return fused::products_run(1.0F);
  return at::native::cpublas::could_pack(at::kBFloat16) && fused::products_run(fused::BFloat16{0x3f80});
#else
  static_cast<void>(precision);
  return false;
#endif
}

std::unique_ptr<Step> make_fused_step(Networks& networks) {
  if (networks.bfloat16) return std::make_unique<FusedStep<fused::BFloat16>>(networks);
  if (networks.dtype == torch::kFloat64) return std::make_unique<FusedStep<double>>(networks);
  return std::make_unique<FusedStep<float>>(networks);
}

}  // namespace dcgan
