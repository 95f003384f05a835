#include "training/step.h"

#ifdef DCGAN_CUDA_HEADERS

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <map>

namespace dcgan {

namespace {

/// Steps that run eagerly first, so that cuDNN has chosen its algorithms and memory has been reserved.
constexpr int kWarmUp = 3;

/// Up to LibTorch 2.13 a graph must be told of the generators it draws from; later ones see for themselves.
template <class Graph>
void enrol(Graph& graph, const at::Generator& random) {
  if constexpr (requires { graph.register_generator_state(random); }) graph.register_generator_state(random);
}

class GraphStep : public Step {
 public:
  explicit GraphStep(Networks& networks)
      : nets_(networks),
        plain_(make_plain_step(networks)),
        // Capture is forbidden on the default stream.
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, networks.device.index())) {}

 private:
  torch::Tensor step(const MiniBatch& batch, Seen* seen) override {
    if (seen != nullptr) {
      *seen = plain_->probe(batch);
      return {};
    }
    if (failed_) return plain_->run(batch);
    auto& captured = captured_[batch.images.size(0)];
    // Learning rates and penalties are constants of a captured graph.
    if (captured.graph && captured.rates != nets_.rates) captured.graph.reset();
    if (!captured.graph) {
      if (captured.calls++ < kWarmUp) return plain_->run(batch);
      if (!capture(captured, batch)) {
        give_up();
        return plain_->run(batch);
      }
    }
    captured.batch.images.copy_(batch.images, /*non_blocking=*/true);
    captured.batch.latents.copy_(batch.latents, /*non_blocking=*/true);
    if (batch.labels.defined()) captured.batch.labels.copy_(batch.labels, /*non_blocking=*/true);
    replay(captured);
    nets_.dropout.pass += captured.passes;
    return captured.losses.clone();
  }

  struct Captured {
    int calls = 0;
    std::unique_ptr<at::cuda::CUDAGraph> graph;
    Rates rates;
    std::uint64_t passes = 0;  // of the discriminator
    MiniBatch batch;           // where the graph reads
    torch::Tensor losses;      // and where it writes
  };

  bool capture(Captured& captured, const MiniBatch& batch) {
    captured.batch = {batch.images.clone(), batch.latents.clone(),
                      batch.labels.defined() ? batch.labels.clone() : batch.labels};
    const auto pass = nets_.dropout.pass;
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    // Not the device: synchronising one breaks a capture that another model makes on it.
    c10::cuda::getCurrentCUDAStream(nets_.device.index()).synchronize();
    const c10::cuda::CUDAStreamGuard guard(stream_);
    bool capturing = false;
    try {
      if (nets_.dropout.cuda.defined()) enrol(*graph, nets_.dropout.cuda);
      // This thread's calls alone are restricted: other models' threads go on as they like.
      graph->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      capturing = true;
      captured.losses = plain_->run(captured.batch);
      capturing = false;
      graph->capture_end();
      captured.graph = std::move(graph);
    } catch (const std::exception&) {
      if (capturing) abandon(*graph);
    }
    captured.rates = nets_.rates;
    captured.passes = nets_.dropout.pass - pass;
    nets_.dropout.pass = pass;  // capturing computed nothing
    return captured.graph != nullptr;
  }

  /// A stream that is left in capture takes no other work. Ending a spoilt capture reports what spoilt it.
  static void abandon(at::cuda::CUDAGraph& graph) {
    try {
      graph.capture_end();
    } catch (const std::exception&) {
    }
  }

  /// The plain step from now on. A spoilt capture may leave its generator unusable, and the other graphs draw
  /// from the same one.
  void give_up() {
    failed_ = true;
    captured_.clear();
    nets_.dropout.cuda = {};
    seed_masks(nets_.dropout, nets_.device);
  }

  /// On the graph's stream, in order with what this thread's own stream did before and will do.
  void replay(Captured& captured) {
    at::cuda::CUDAEvent before, after;
    const auto current = c10::cuda::getCurrentCUDAStream(nets_.device.index());
    before.record(current);
    before.block(stream_);
    {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      captured.graph->replay();
    }
    after.record(stream_);
    after.block(current);
  }

  Networks& nets_;
  std::unique_ptr<Step> plain_;
  c10::cuda::CUDAStream stream_;
  std::map<std::int64_t, Captured> captured_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Step> make_graph_step(Networks& networks) { return std::make_unique<GraphStep>(networks); }

}  // namespace dcgan

#endif
