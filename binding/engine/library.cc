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

[[noreturn]] void no_cuda(const std::string& device) {
  const int count = cuda_devices();
  const std::string why = !kCudaBuild  ? "this LibTorch is a build for the CPU"
                          : count == 0 ? "LibTorch sees no CUDA device"
                                       : "LibTorch sees " + std::to_string(count) + " CUDA device(s)";
  throw Error("ERR_DCGAN_NO_CUDA", "Cannot run on '" + device + "': " + why +
                                       ". Use device 'auto' or 'cpu', or see `npx libtorch-dcgan doctor`");
}

torch::Device resolve(const std::string& device) {
  if (device == "cpu") return torch::kCPU;
  const int count = cuda_devices();
  if (device == "auto") return count > 0 ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  const int index = device == "cuda" ? 0 : std::stoi(device.substr(5));
  if (index >= count) no_cuda(device);
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

class TorchLibrary : public Library {
 public:
  TorchLibrary() { default_threads(); }

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
    const auto device = resolve(config.device);
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
