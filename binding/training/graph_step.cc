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
        eager_(make_eager_step(networks)),
        // Capture is forbidden on the default stream.
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, networks.device.index())) {}

  torch::Tensor run(const torch::Tensor& images, const torch::Tensor& latents) override {
    auto& captured = captured_[images.size(0)];
    if (captured.failed || captured.calls++ < kWarmUp) return eager_->run(images, latents);
    if (!captured.graph) capture(captured, images, latents);
    if (captured.failed) return eager_->run(images, latents);
    captured.images.copy_(images, /*non_blocking=*/true);
    captured.latents.copy_(latents, /*non_blocking=*/true);
    replay(captured);
    nets_.dropout.pass += 2;  // as the eager step counts
    return captured.losses.clone();
  }

  Seen probe(const torch::Tensor& images, const torch::Tensor& latents) override {
    return eager_->probe(images, latents);
  }

 private:
  struct Captured {
    int calls = 0;
    bool failed = false;
    std::unique_ptr<at::cuda::CUDAGraph> graph;
    torch::Tensor images, latents, losses;  // where the graph reads and writes
  };

  void capture(Captured& captured, const torch::Tensor& images, const torch::Tensor& latents) {
    captured.images = images.clone();
    captured.latents = latents.clone();
    const auto pass = nets_.dropout.pass;
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    try {
      stream_.synchronize();
      c10::cuda::device_synchronize();
      const c10::cuda::CUDAStreamGuard guard(stream_);
      if (nets_.dropout.cuda.defined()) enrol(*graph, nets_.dropout.cuda);
      graph->capture_begin();
      captured.losses = eager_->run(captured.images, captured.latents);
      graph->capture_end();
      captured.graph = std::move(graph);
    } catch (const c10::Error&) {
      captured.failed = true;
    }
    nets_.dropout.pass = pass;  // capturing computed nothing
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
  std::unique_ptr<Step> eager_;
  c10::cuda::CUDAStream stream_;
  std::map<std::int64_t, Captured> captured_;
};

}  // namespace

std::unique_ptr<Step> make_graph_step(Networks& networks) { return std::make_unique<GraphStep>(networks); }

}  // namespace dcgan

#endif
