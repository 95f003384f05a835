#include <ATen/Version.h>
#include <torch/torch.h>
#include <torch/version.h>
#ifdef DCGAN_CUDA_HEADERS
#include <ATen/cuda/CUDAContext.h>
#endif

#include <cstdlib>
#include <system_error>

#include "contract.h"
#include "engine/model_engine.h"
#include "kernels/processor.h"
#include "model/threads.h"
#include "peers/peers.h"
#include "random/labels.h"
#include "random/latents.h"
#include "training/bfloat16_products.h"

namespace dcgan {

namespace {

/// LibTorch's hasCUDA() cannot tell this: without a device, it is false in a build with CUDA too.
#ifdef DCGAN_CUDA
constexpr bool kCudaBuild = true;
#else
constexpr bool kCudaBuild = false;
#endif

int cuda_devices() { return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0; }

/// True from compute capability 8.0 (Ampere) on.
bool cuda_has_bfloat16([[maybe_unused]] int device) {
#ifdef DCGAN_CUDA_HEADERS
  return at::cuda::getDeviceProperties(device)->major >= 8;
#else
  return false;
#endif
}

class TorchLibrary : public Library {
 public:
  TorchLibrary() {
    default_threads();
#ifdef DCGAN_CUDA
    // Otherwise cuDNN may choose convolutions whose sums depend on the order in which threads finish.
    at::globalContext().setDeterministicCuDNN(true);
    // Measured again, another deterministic convolution may be the fastest, with other last bits.
    at::globalContext().setBenchmarkCuDNN(std::getenv("LIBTORCH_DCGAN_CUDNN_BENCHMARK") != nullptr);
#endif
    // MKL prepares its vector functions at their first call, which is not safe between threads. If two
    // threads make it at once, one of them sometimes computes its half less exactly. Here only one thread
    // calls.
    torch::tanh(torch::zeros({16}));
  }

  Info info() const override {
    Info info;
    info.libtorch = TORCH_VERSION;
    info.cuda = kCudaBuild;
    info.cuda_devices = cuda_devices();
    info.threads = default_threads();
    info.cpu_capability = at::get_cpu_capability();
    info.level = kernels::level_name();
    info.vendor = kernels::vendor();
    info.fused_float32 = true;
    info.fused_bfloat16 = bfloat16_products_run();
    info.bfloat16 = kernels::has_bfloat16();
    for (int device = 0; device < info.cuda_devices; ++device) {
      info.cuda_bfloat16.push_back(cuda_has_bfloat16(device));
    }
    return info;
  }

  std::unique_ptr<Engine> create(Config config) const override {
    const torch::Device device(config.device);
    try {
      return std::make_unique<ModelEngine>(std::move(config), device);
    } catch (const std::system_error&) {
      throw Error(
          "ERR_DCGAN_NATIVE",
          "The process cannot start the thread of a model. Dispose of other models, or raise the limit of "
          "threads (ulimit -u, or that of the container)");
    }
  }

  std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given) const override {
    return dcgan::agreed_seed(place, seed, given);
  }

  std::vector<float> latents(std::uint64_t seed, std::int64_t count, std::int64_t dim) const override {
    std::vector<float> result(static_cast<std::size_t>(count * dim));
    draw_latents(seed, Stream::kSample, 0, count, dim, result.data());
    return result;
  }

  std::vector<std::uint8_t> labels(std::uint64_t seed, std::int64_t count,
                                   std::int64_t classes) const override {
    return draw_labels(seed, count, classes);
  }
};

}  // namespace

}  // namespace dcgan

extern "C" DCGAN_EXPORT const dcgan::Library* dcgan_library() {
  // Never destroyed: threads of models may outlive static destructors.
  static const auto* library = new dcgan::TorchLibrary();
  return library;
}
