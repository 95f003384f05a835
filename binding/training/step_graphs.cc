#include "training/step_graphs.h"

#ifdef DCGAN_CUDA_HEADERS

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <vector>

#include "training/penalties.h"

namespace dcgan {

namespace {

/// The first steps of each batch size run without a graph. In them, cuDNN chooses its algorithms, and cuBLAS
/// and the allocator take their memory.
constexpr int kWarmUp = 3;

/// Up to LibTorch 2.13, a graph needs the list of the random generators that it uses. Later versions find
/// out.
template <class Graph>
void enrol(Graph& graph, const at::Generator& random) {
  if constexpr (requires { graph.register_generator_state(random); }) graph.register_generator_state(random);
}

class CudaStepGraphs : public StepGraphs {
 public:
  CudaStepGraphs(Networks& networks, OneStep step)
      : nets_(networks),
        step_(std::move(step)),
        // Capture is forbidden on the default stream.
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, networks.device.index())) {}

  torch::Tensor replay(const StepInputs& inputs) override {
    if (!failure_.empty()) return {};
    auto& warm = warm_[inputs.batch()];
    if (warm < kWarmUp) {
      warm += inputs.steps();
      return {};
    }
    auto& captured = captured_[{inputs.batch(), inputs.steps()}];
    // A graph reads the weights of the penalties and of the mismatched labels at each replay, but whether it
    // computes these terms at all is fixed.
    const bool fits = captured.graph != nullptr && captured.penalised == penalised(nets_.rates) &&
                      captured.inputs.label_offsets.defined() == inputs.label_offsets.defined();
    if (!fits && !capture(captured, inputs)) {
      captured_.clear();
      return {};
    }
    copy(captured.inputs, inputs);
    launch(captured);
    nets_.dropout.pass += captured.passes * static_cast<std::uint64_t>(inputs.steps());
    return captured.losses.clone();
  }

  const std::string& failure() const override { return failure_; }

 private:
  struct Captured {
    std::unique_ptr<at::cuda::CUDAGraph> graph;
    bool penalised = false;
    std::uint64_t passes = 0;               // of the discriminator, in one step
    std::vector<at::Generator> generators;  // one for each step's masks; none without dropout
    StepInputs inputs;                      // the graph reads here
    torch::Tensor losses;                   // the graph writes here
  };

  bool capture(Captured& captured, const StepInputs& inputs) {
    // Synchronising the whole device would break a capture that another model makes on it.
    c10::cuda::getCurrentCUDAStream(nets_.device.index()).synchronize();
    captured = {};
    const auto own = [](const torch::Tensor& input) { return input.defined() ? input.clone() : input; };
    captured.inputs = {own(inputs.rows), own(inputs.latents), own(inputs.label_offsets), own(inputs.weights)};
    captured.penalised = penalised(nets_.rates);
    const auto pass = nets_.dropout.pass;
    const auto generator = nets_.dropout.cuda;
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    const c10::cuda::CUDAStreamGuard guard(stream_);
    bool capturing = false;
    try {
      for (std::int64_t k = 0; generator.defined() && k < inputs.steps(); ++k) {
        captured.generators.push_back(generator.clone());
        enrol(*graph, captured.generators.back());
      }
      // Only this thread's calls are restricted. The threads of other models may use the device.
      graph->capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
      capturing = true;
      captured.losses = capture_steps(captured);
      capturing = false;
      graph->capture_end();
      captured.graph = std::move(graph);
    } catch (const c10::Error& error) {
      failure_ = error.what_without_backtrace();
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
    if (capturing) abandon(*graph);
    captured.passes = (nets_.dropout.pass - pass) / static_cast<std::uint64_t>(inputs.steps());
    // Capturing records the steps without making them.
    nets_.dropout.pass = pass;
    nets_.dropout.cuda = generator;
    return captured.graph != nullptr;
  }

  torch::Tensor capture_steps(Captured& captured) {
    std::vector<torch::Tensor> losses;
    for (std::int64_t k = 0; k < captured.inputs.steps(); ++k) {
      if (!captured.generators.empty()) nets_.dropout.cuda = captured.generators[static_cast<std::size_t>(k)];
      losses.push_back(step_(captured.inputs, k));
    }
    return torch::stack(losses);
  }

  /// Ends a capture that failed, because its stream could do no other work. Ending it throws, too.
  static void abandon(at::cuda::CUDAGraph& graph) {
    try {
      graph.capture_end();
    } catch (const std::exception&) {
    }
  }

  static void copy(const StepInputs& to, const StepInputs& from) {
    const auto copy_input = [](const torch::Tensor& into, const torch::Tensor& input) {
      if (into.defined()) into.copy_(input, /*non_blocking=*/true);
    };
    copy_input(to.rows, from.rows);
    copy_input(to.latents, from.latents);
    copy_input(to.label_offsets, from.label_offsets);
    copy_input(to.weights, from.weights);
  }

  /// Replays on the graph's stream, after the earlier work of this thread's stream and before its later work.
  void launch(Captured& captured) {
    auto pass = nets_.dropout.pass;
    for (auto& generator : captured.generators) {
      generator.set_current_seed(mask_seed(nets_.dropout, pass));
      pass += captured.passes;
    }
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
  OneStep step_;
  c10::cuda::CUDAStream stream_;
  // The graphs share their memory, because no two run at once and none needs the values of an earlier replay.
  const decltype(at::cuda::graph_pool_handle()) pool_ = at::cuda::graph_pool_handle();
  std::map<std::int64_t, std::int64_t> warm_;                           // steps made of each batch size
  std::map<std::pair<std::int64_t, std::int64_t>, Captured> captured_;  // by batch size and steps
  std::string failure_;
};

}  // namespace

std::unique_ptr<StepGraphs> make_step_graphs(Networks& networks, OneStep step) {
  return std::make_unique<CudaStepGraphs>(networks, std::move(step));
}

}  // namespace dcgan

#endif
