#include "sampling/fold.h"

namespace dcgan {

namespace {

struct Affine {
  torch::Tensor scale;
  torch::Tensor shift;
};

template <class Norm>
Affine affine_of(const Norm& norm) {
  const auto scale = norm->weight * torch::rsqrt(norm->running_var + norm->options.eps());
  return {scale, norm->bias - norm->running_mean * scale};
}

}  // namespace

FoldedGenerator fold(Generator& generator) {
  torch::NoGradGuard no_grad;
  const auto bn1 = affine_of(generator->bn1);
  const auto bn2 = affine_of(generator->bn2);
  const auto bn3 = affine_of(generator->bn3);
  const auto f32 = [](const torch::Tensor& x) { return x.to(torch::kFloat32).contiguous(); };
  const auto linear = generator->linear->weight * bn1.scale.unsqueeze(1);
  const auto latent_dim = generator->latent_dim;
  const auto bias = generator->classes == 0 ? bn1.shift.unsqueeze(0)
                                            : linear.slice(1, latent_dim).t() + bn1.shift.unsqueeze(0);
  return {f32(linear.slice(1, 0, latent_dim)),
          f32(bias),
          f32(generator->conv1->weight * bn2.scale.view({1, -1, 1, 1})),
          f32(bn2.shift),
          f32(generator->conv2->weight * bn3.scale.view({1, -1, 1, 1})),
          f32(bn3.shift),
          f32(generator->conv3->weight)};
}

}  // namespace dcgan
