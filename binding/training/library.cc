#include <ATen/Version.h>
#include <torch/torch.h>
#include <torch/version.h>
#ifdef DCGAN_CUDA_HEADERS
#include <ATen/cuda/CUDAContext.h>
#endif

#include <algorithm>
#include <cstdlib>

#include "contract.h"
#include "evaluation/classifier_training.h"
#include "evaluation/evaluation.h"
#include "exceptions.h"
#include "kernels/processor.h"
#include "model/threads.h"
#include "peers/peers.h"
#include "training/bfloat16_products.h"
#include "training/trainer.h"

namespace dcgan {

namespace {

/// LibTorch's hasCUDA() does not show this: without a device, it is false in a build with CUDA too.
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

/// The images that an evaluation makes in one piece of its work.

/// LibTorch's message without its backtrace.
std::string message_of(const c10::Error& error) {
  const std::string message = error.what_without_backtrace();
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) == nullptr) return message;
  return "The GPU has too little free memory. Lower batchSize or maxBatch, end other programs on it, or set "
         "device to 'cpu'. LibTorch says: " +
         message;
}

class TorchLibrary : public TrainingLibrary {
 public:
  TorchLibrary() {
    default_threads();
#ifdef DCGAN_CUDA
    // Otherwise cuDNN may choose convolutions with sums that depend on the order in which threads finish.
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

  std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given) const override {
    return dcgan::agreed_seed(place, seed, given);
  }

  PeerPlace numbered(PeerPlace place) const override { return dcgan::numbered(std::move(place)); }

  int enter(const Config& config, kernels::Team& team) const override {
    kernels::current_seat = {&team, team.threads(), 0};
    // With our own kernels, threads of LibTorch would keep processors busy for a while after each
    // operation.
    const bool fused = runs_fused(config, torch::Device(config.device));
    const int others = use_threads(fused ? 1 : config.threads);
    return fused ? team.threads() : std::min(team.threads(), others);
  }

  std::unique_ptr<TrainingModel> create(const Config& config) const override {
    return std::make_unique<Trainer>(config);
  }

  std::unique_ptr<Evaluation> evaluate(const Config& config, EvaluationRequest request,
                                       std::unique_ptr<Sampler> sampler,
                                       std::shared_ptr<Classifier> classifier) const override {
    return std::make_unique<EvaluationRun>(std::move(request), std::move(sampler), std::move(classifier),
                                           config);
  }

  std::unique_ptr<ClassifierTraining> train_classifier(const Config& config, const TrainingSet& set,
                                                       std::int64_t classes) const override {
    return std::make_unique<ClassifierRun>(set, classes, config.seed, torch::Device(config.device));
  }

  Failure caught() const override {
    try {
      throw;
    } catch (const c10::Error& error) {
      return {"ERR_DCGAN_NATIVE", message_of(error)};
    } catch (...) {
      return caught_failure();
    }
  }
};

}  // namespace

}  // namespace dcgan

extern "C" DCGAN_EXPORT const dcgan::TrainingLibrary* dcgan_training_library() {
  // Never destroyed: threads of models may outlive static destructors.
  static const auto* library = new dcgan::TorchLibrary();
  return library;
}
