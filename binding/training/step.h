#pragma once

#include <memory>

#include "model/losses.h"
#include "training/networks.h"

namespace dcgan {

/// A mini-batch as a step takes it, on the networks' device.
struct MiniBatch {
  torch::Tensor images;   // B × 784 grey levels, uint8
  torch::Tensor latents;  // (disc_steps · B) × latent_dim, float32: new ones for each discriminator update
  torch::Tensor
      labels;  // B, int64, of the real images and of those that are generated; undefined without classes
};

/// The adversarial step: a generator forward in training mode whose images serve both losses, the
/// discriminator's update, then the generator's against the updated discriminator. With disc_steps above 1,
/// as many images less one precede these, and serve one discriminator update each.
class Step {
 public:
  using Seen = torch::OrderedDict<std::string, torch::Tensor>;

  virtual ~Step() = default;

  /// Leaves the gradients in the parameters' .grad and returns what Losses (contract.h) holds, float32, on
  /// the device: nothing here waits for it.
  torch::Tensor run(const MiniBatch& batch) { return step(batch, nullptr); }

  /// The same step, telling what it computed on the way (for the parity tests).
  Seen probe(const MiniBatch& batch) {
    Seen seen;
    step(batch, &seen);
    return seen;
  }

 protected:
  /// `penalties`: R1's and R2's, undefined where there are none.
  static torch::Tensor losses_of(const Loss& disc, const Loss& gen, const torch::Tensor& penalties);

 private:
  /// `seen`: null, or where to tell.
  virtual torch::Tensor step(const MiniBatch& batch, Seen* seen) = 0;
};

/// The plain step, on LibTorch's modules and autograd: the specification of the others, and the one that CUDA
/// runs.
std::unique_ptr<Step> make_plain_step(Networks& networks);

/// The step written out by hand, forward and backward, for processors where kernels::run() says so.
std::unique_ptr<Step> make_fused_step(Networks& networks);

}  // namespace dcgan
