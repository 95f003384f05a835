#pragma once

#include <memory>

#include "model/losses.h"
#include "training/networks.h"

namespace dcgan {

/// The input of a step, on the networks' device. The generated images get the labels of the real ones.
struct MiniBatch {
  torch::Tensor images;   // B × 784 grey levels, uint8
  torch::Tensor latents;  // (disc_steps · B) × latent_dim, float32
  torch::Tensor labels;   // B, int64; undefined without classes
  torch::Tensor others;  // disc_steps · B, int64: wrong labels of the real images; undefined without mismatch
};

/// The adversarial step. The discriminator is updated disc_steps times, each time on the real images and on
/// new generated ones. Then the generator is updated against the new discriminator. The last of the generated
/// images serve both networks' losses, so they take one forward pass.
class Step {
 public:
  using Seen = torch::OrderedDict<std::string, torch::Tensor>;

  explicit Step(Networks& networks) : nets_(networks) {}
  virtual ~Step() = default;

  /// Updates both networks, and leaves the gradients in the parameters' .grad. Returns the values of Losses
  /// (contract.h), float32, on the device, without waiting for the device.
  torch::Tensor run(const MiniBatch& batch) { return step(batch, nullptr); }

  /// Makes the same step, and returns the tensors that it computed on the way. For the parity tests.
  Seen probe(const MiniBatch& batch);

 protected:
  /// The labels of an update of the discriminator, B each: of all images, and other ones of the real images.
  struct Labels {
    torch::Tensor own;
    torch::Tensor others;  // undefined without mismatched labels
  };

  /// An update of the discriminator. `penalties`: R1's and R2's; undefined without penalties.
  struct Update {
    Loss loss;
    torch::Tensor penalties;
  };

  template <class Work>
  static torch::Tensor without_graph(Work work) {
    torch::NoGradGuard no_grad;
    return work();
  }

  Networks& nets_;

 private:
  torch::Tensor step(const MiniBatch& batch, Seen* seen);

  /// Returns grey levels as numbers of the step's type, in the layout of its images.
  virtual torch::Tensor arrange(const torch::Tensor& images) const = 0;
  virtual torch::Tensor generate(const torch::Tensor& latents, const torch::Tensor& labels) = 0;
  /// `seen`, here and below: null, or where the tensors on the way are kept.
  virtual Update update_discriminator(const torch::Tensor& real, const torch::Tensor& fake,
                                      const Labels& labels, Seen* seen) = 0;
  virtual Loss update_generator(const torch::Tensor& real, const torch::Tensor& fake,
                                const torch::Tensor& labels, Seen* seen) = 0;
};

/// Makes the step that uses LibTorch's modules and autograd. It is the specification of the fused step, and
/// the step that CUDA runs.
std::unique_ptr<Step> make_plain_step(Networks& networks);

/// Returns true if our own kernels make a model's steps and images.
bool runs_fused(const Config& config, torch::Device device);

/// Makes the step with forward and backward passes written by hand, for models that run fused.
std::unique_ptr<Step> make_fused_step(Networks& networks);

}  // namespace dcgan
