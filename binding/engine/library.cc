#include <ATen/Version.h>
#include <ATen/native/CPUBlas.h>
#include <torch/torch.h>
#include <torch/version.h>

#include "engine/engine.h"
#include "engine/model_engine.h"
#include "engine/threads.h"
#include "sampling/latents.h"
#include "training/step.h"

namespace dcgan {

int default_threads() {
  static const int threads = at::get_num_threads();
  return threads;
}

namespace {

/// hasCUDA() would say whether a device is there.
#ifdef DCGAN_CUDA
constexpr bool kCudaBuild = true;
#else
constexpr bool kCudaBuild = false;
#endif

int cuda_devices() { return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0; }

class TorchLibrary : public Library {
 public:
  TorchLibrary() {
    default_threads();
#ifdef DCGAN_CUDA
    // Otherwise cuDNN may choose convolutions whose sums depend on the order in which threads end.
    at::globalContext().setDeterministicCuDNN(true);
#endif
    // MKL sets its vector functions up at their first call, and not safely: where two threads of one loop
    // make it together, one of them now and then computes its half less exactly. This call is one thread's.
    torch::tanh(torch::zeros({16}));
  }

  Info info() const override {
    Info info;
    info.libtorch = TORCH_VERSION;
    info.cuda = kCudaBuild;
    info.cuda_devices = cuda_devices();
    info.threads = default_threads();
    info.cpu_capability = at::get_cpu_capability();
    info.fused_float32 = fused_step_runs(Precision::kFloat32);
    info.fused_bfloat16 = fused_step_runs(Precision::kBFloat16);
    return info;
  }

  std::unique_ptr<Engine> create(Config config) const override {
    const torch::Device device(config.device);
    return std::make_unique<ModelEngine>(std::move(config), device);
  }

  std::vector<float> latents(std::uint64_t seed, std::int64_t count, std::int64_t dim) const override {
    std::vector<float> result(static_cast<std::size_t>(count * dim));
    draw_latents(seed, Stream::kSample, 0, count, dim, result.data());
    return result;
  }
};

}  // namespace

}  // namespace dcgan

extern "C" DCGAN_EXPORT const dcgan::Library* dcgan_library() {
  // Never destroyed: threads of models may outlive static destructors.
  static const auto* library = new dcgan::TorchLibrary();
  return library;
}
