#include "engine/engine.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "engine/epoch_run.h"
#include "exceptions.h"
#include "random/labels.h"
#include "random/latents.h"

namespace dcgan {

namespace {

/// The most images between two training steps. Training continues, however many requests wait, and a request
/// for a thousand images waits for two steps.
constexpr std::int64_t kImagesBetweenSteps = 512;

/// The C library keeps freed memory, in an arena per thread. Many models one after another would look like a
/// leak.
void give_memory_back() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/// Returns how many processors this process may use, unless OMP_NUM_THREADS sets another number. LibTorch's
/// own choice is the same.
int default_threads() {
  if (const char* given = std::getenv("OMP_NUM_THREADS"); given != nullptr && std::atoi(given) > 0) {
    return std::atoi(given);
  }
#ifdef __linux__
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) == 0) return CPU_COUNT(&processors);
#endif
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

Engine::Engine(Config config, const TrainingLibrary* library)
    : queue_(config.max_batch, config.max_queue),
      config_(std::move(config)),
      library_(library),
      trains_(library != nullptr),
      fixed_latents_(static_cast<std::size_t>(config_.fixed_count * config_.latent_dim)) {
  if (config_.threads == 0) config_.threads = default_threads();
  draw_latents(config_.seed, Stream::kFixed, 0, config_.fixed_count, config_.latent_dim,
               fixed_latents_.data());
  for (std::int64_t i = 0; config_.classes > 0 && i < config_.fixed_count; ++i) {
    fixed_labels_.push_back(static_cast<std::uint8_t>(i % config_.classes));
  }
  thread_ = std::thread([this] { run(); });
}

Engine::~Engine() {
  stop([](const auto&) {});
  thread_.join();
}

void Engine::run() {
  team_.emplace(config_.threads);
  missing_threads_ = config_.threads - team_->threads();
  const kernels::TeamScope scope(*team_);
  meet_peers();
  while (!queue_.closed()) {
    Work work;
    if (queue_.pop(work)) {
      serve_one(work);
    } else {
      queue_.wait();
    }
  }
  evaluations_.clear();
  classifiers_.clear();
  classifier_.reset();
  sampler_.reset();
  training_.reset();
  state_.reset();
  team_.reset();
  give_memory_back();
  std::vector<Reply<Done>> replies;
  {
    std::lock_guard lock(stop_mutex_);
    stopped_ = true;
    replies.swap(stop_replies_);
  }
  for (const auto& reply : replies) reply(Done{});
}

/// Joins before any request, to notice also a process that ends before it trains. If this fails, training
/// fails with the same error.
void Engine::meet_peers() {
  if (config_.peers.count == 1) return;
  try {
    training().join([this] { return keep_waiting(); });
  } catch (...) {
  }
}

/// Serves requests while this process waits for others. Returns false to end the waiting.
bool Engine::keep_waiting() {
  serve_waiting();
  return !cancel_epoch_ && !queue_.closed();
}

std::unique_ptr<TrainingModel> Engine::make_training(const TrainingLibrary& library, const Config& config) {
  missing_threads_ = config.threads - library.enter(config, *team_);
  auto model = library.create(config);
  if (state_) model->import_state(*state_);
  return model;
}

/// Makes the model in training at the first request, on this thread. If that fails, the request rejects.
TrainingModel& Engine::training() {
  if (training_) return *training_;
  if (!trains_) throw Error("ERR_DCGAN_NATIVE", "This model samples: its training was not started");
  training_ = make_training(*library_, config_);
  return *training_;
}

Failure Engine::caught() const { return library_ == nullptr ? caught_failure() : library_->caught(); }

template <class T>
void Engine::enqueue(Reply<T> reply, std::function<T()> work) {
  Control control;
  control.reject = [reply](Failure failure) { reply(std::move(failure)); };
  control.run = [this, reply, work = std::move(work)] {
    std::variant<T, Failure> outcome = Failure{};
    try {
      outcome = work();
    } catch (...) {
      outcome = caught();
    }
    reply(std::move(outcome));
  };
  queue_.push(std::move(control));
}

void Engine::serve_one(Work& work) {
  if (work.control) {
    work.control->run();
  } else {
    serve_images(work);
  }
}

/// Serves requests between two steps, also those that come meanwhile, up to the limit. A control counts as
/// one image.
void Engine::serve_waiting() {
  Work work;
  for (auto left = kImagesBetweenSteps; left > 0 && queue_.pop(work, left);) {
    left -= work.control ? 1 : work.images();
    serve_one(work);
  }
}

EpochResult Engine::epoch(const EpochRequest& request, EpochObserver& observer) {
  auto& model = training();
  model.join([this] { return keep_waiting(); });
  EpochHost host;
  host.serve = [this] { serve_waiting(); };
  host.cancelled = [this] { return cancel_epoch_ || queue_.closed(); };
  // When this is called, the previous checkpoint may be pending. Afterwards, the one that is sent next is.
  host.await_checkpoint = [this] {
    while (checkpoint_pending_ && !cancel_epoch_ && !queue_.closed()) {
      queue_.wait();
      serve_waiting();
    }
    checkpoint_pending_ = true;
  };
  host.snapshot = [this] { return make_images({fixed_latents_, fixed_labels_, config_.fixed_count}); };
  host.state = [this] { return state_of(StatePart::kAll); };
  host.publish = [this](const Position& position) {
    sampler_stale_ = true;
    publish(position);
  };
  // Without a look at each loss, which would wait for the device, CUDA graphs are launched ahead.
  host.checks_steps = config_.device == "cpu";
  auto result = run_epoch(model, request, observer, host);
  if (queue_.closed()) throw disposed();
  return result;
}

void Engine::start_training(Reply<Done> reply, const TrainingLibrary& library, RunsOn runs_on) {
  enqueue<Done>(std::move(reply), [this, &library, runs_on = std::move(runs_on)] {
    if (trains_) return Done{};
    library_ = &library;
    auto config = config_;
    static_cast<RunsOn&>(config) = runs_on;
    training_ = make_training(library, config);
    config_ = std::move(config);
    trains_ = true;
    state_.reset();
    sampler_.reset();
    sampler_stale_ = true;
    return Done{};
  });
}

void Engine::train_epoch(Reply<EpochResult> reply, EpochRequest request,
                         std::shared_ptr<EpochObserver> observer) {
  if (epoch_requested_.exchange(true)) {
    reply(
        Failure{"ERR_DCGAN_BUSY", "An epoch of this DCGAN is running: await it, or abort it by its signal"});
    return;
  }
  cancel_epoch_ = false;
  checkpoint_pending_ = false;
  Reply<EpochResult> ended = [this, reply = std::move(reply)](std::variant<EpochResult, Failure> outcome) {
    epoch_requested_ = false;
    reply(std::move(outcome));
  };
  enqueue<EpochResult>(std::move(ended),
                       [this, request, observer = std::move(observer)] { return epoch(request, *observer); });
}

void Engine::cancel_epoch() {
  cancel_epoch_ = true;
  queue_.wake();
}

void Engine::acknowledge_checkpoint() {
  checkpoint_pending_ = false;
  queue_.wake();
}

void Engine::sample(Reply<Images> reply, std::int64_t id, SampleRequest request) {
  auto sampling = std::make_shared<Sampling>();
  sampling->id = id;
  sampling->request = std::move(request);
  sampling->reply = std::move(reply);
  queue_.push(std::move(sampling));
}

void Engine::set_dataset(Reply<Fingerprint> reply, TrainingSet dataset) {
  enqueue<Fingerprint>(std::move(reply), [this, dataset = std::move(dataset)] {
    return Fingerprint{training().set_dataset(dataset)};
  });
}

void Engine::set_classifier(Reply<Done> reply, std::vector<HostTensor> weights) {
  enqueue<Done>(std::move(reply), [this, weights = std::move(weights)] {
    const auto read = classifier_weights(weights);
    classifier_ = trains_ ? training().make_classifier(read) : nullptr;
    if (!classifier_) classifier_ = make_fused_classifier(read);
    return Done{};
  });
}

void Engine::begin_evaluation(Reply<Done> reply, std::int64_t id, const TrainingLibrary& library,
                              EvaluationRequest request) {
  // std::function copies what it holds, and the request is large: it is moved out once.
  const auto given = std::make_shared<EvaluationRequest>(std::move(request));
  enqueue<Done>(std::move(reply), [this, &library, id, given] {
    library_ = &library;
    if (given->labels.empty()) given->labels = draw_labels(given->seed, 0, given->count, config_.classes);
    auto generator = served();
    auto sampler = make_sampler();
    sampler->prepare(generator);
    library.enter(config_, *team_);
    evaluations_[id] = library.evaluate(config_, std::move(*given), std::move(sampler), classifier());
    return Done{};
  });
}

void Engine::advance_evaluation(Reply<EvaluationProgress> reply, std::int64_t id) {
  enqueue<EvaluationProgress>(std::move(reply), [this, id] {
    const auto found = evaluations_.find(id);
    if (found == evaluations_.end()) throw Error("ERR_DCGAN_NATIVE", "This evaluation has ended");
    return found->second->advance();
  });
}

void Engine::begin_classifier(Reply<Done> reply, std::int64_t id, const TrainingLibrary& library,
                              TrainingSet set, std::int64_t classes) {
  const auto given = std::make_shared<TrainingSet>(std::move(set));
  enqueue<Done>(std::move(reply), [this, &library, id, given, classes] {
    library_ = &library;
    library.enter(config_, *team_);
    classifiers_[id] = library.train_classifier(config_, *given, classes);
    return Done{};
  });
}

void Engine::advance_classifier(Reply<ClassifierProgress> reply, std::int64_t id) {
  enqueue<ClassifierProgress>(std::move(reply), [this, id] {
    const auto found = classifiers_.find(id);
    if (found == classifiers_.end()) throw Error("ERR_DCGAN_NATIVE", "This training has ended");
    return found->second->advance();
  });
}

void Engine::end_evaluation(std::int64_t id) {
  enqueue<Done>([](const auto&) {},
                [this, id] {
                  evaluations_.erase(id);
                  classifiers_.erase(id);
                  return Done{};
                });
}

void Engine::export_state(Reply<State> reply, StatePart part) {
  enqueue<State>(std::move(reply), [this, part] { return state_of(part); });
}

void Engine::import_state(Reply<Done> reply, State state) {
  // The state is large, and std::function copies what it holds.
  const auto given = std::make_shared<State>(std::move(state));
  enqueue<Done>(std::move(reply), [this, given] {
    import(std::move(*given));
    return Done{};
  });
}

void Engine::exchange(Reply<std::vector<std::string>> reply, std::string text) {
  cancel_epoch_ = false;
  enqueue<std::vector<std::string>>(std::move(reply), [this, text = std::move(text)] {
    return training().exchange(text, [this] { return keep_waiting(); });
  });
}

void Engine::probe(Reply<std::vector<HostTensor>> reply, ProbeRequest request) {
  enqueue<std::vector<HostTensor>>(std::move(reply), [this, request = std::move(request)] {
    training().join([this] { return keep_waiting(); });
    sampler_stale_ = true;
    return training().probe(request);
  });
}

void Engine::stop(Reply<Done> reply) {
  {
    std::lock_guard lock(stop_mutex_);
    if (!stopped_) {
      stop_replies_.push_back(std::move(reply));
      reply = nullptr;
    }
  }
  queue_.close();
  if (reply) reply(Done{});
}

Position Engine::position() const {
  std::lock_guard lock(position_mutex_);
  return position_;
}

void Engine::publish(const Position& position) {
  std::lock_guard lock(position_mutex_);
  position_ = position;
}

Stats Engine::stats() const {
  return {queue_.waiting_images(), served_, forwards_, last_batch_, missing_threads_};
}

}  // namespace dcgan
