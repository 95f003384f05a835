#include "engine/model_engine.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>

#include "engine/epoch_run.h"
#include "engine/failure.h"
#include "exceptions.h"
#include "model/threads.h"

namespace dcgan {

namespace {

/// The most images between two training steps. Training goes on however many requests wait, and a request for
/// a thousand images waits for two steps.
constexpr std::int64_t kImagesBetweenSteps = 512;

/// The images that an evaluation makes in one piece of its work.
constexpr std::int64_t kEvaluationBatch = 64;

/// The C library keeps freed memory, in an arena per thread. Many models one after another would look like a
/// leak.
void give_memory_back() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

ModelEngine::ModelEngine(Config config, torch::Device device)
    : config_(std::move(config)),
      device_(device),
      queue_(config_.max_batch, config_.max_queue),
      peers_(config_.peers.count > 1 ? std::make_unique<Peers>(config_.peers, device_) : nullptr),
      thread_([this] { run(); }) {}

ModelEngine::~ModelEngine() {
  stop([](const auto&) {});
  thread_.join();
}

void ModelEngine::run() {
  const int wanted = config_.threads > 0 ? config_.threads : default_threads();
  kernels::Team team(wanted);
  const kernels::TeamScope scope(team);
  // Where our own kernels run, threads of LibTorch would keep processors busy for a while after each
  // operation.
  const bool fused = runs_fused(config_, device_);
  const int others = use_threads(fused ? 1 : wanted);
  missing_threads_ = wanted - (fused ? team.threads() : std::min(team.threads(), others));
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
  classifier_.reset();
  sampler_.reset();
  trainer_.reset();
  peers_.reset();
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
void ModelEngine::meet_peers() {
  if (!peers_) return;
  try {
    peers_->join([this] { return go_on_waiting(); });
  } catch (const Error&) {
  }
}

/// Serves requests while this process waits for others. Returns false to end the waiting.
bool ModelEngine::go_on_waiting() {
  serve_waiting();
  return !cancel_epoch_ && !queue_.closed();
}

/// Makes the trainer at the first request, on this thread. If that fails, the request rejects.
Trainer& ModelEngine::trainer() {
  if (!trainer_) trainer_ = std::make_unique<Trainer>(config_, device_, peers_.get());
  return *trainer_;
}

template <class T>
void ModelEngine::ask(Reply<T> reply, std::function<T()> work) {
  Control control;
  control.reject = [reply](Failure failure) { reply(std::move(failure)); };
  control.run = [reply, work = std::move(work)] {
    std::variant<T, Failure> outcome = Failure{};
    try {
      outcome = work();
    } catch (...) {
      outcome = engine_failure();
    }
    reply(std::move(outcome));
  };
  queue_.push(std::move(control));
}

void ModelEngine::serve_one(Work& work) {
  if (work.control) {
    work.control->run();
  } else {
    serve_images(work);
  }
}

/// Serves requests between two steps, also those that come meanwhile, up to the limit. A control counts as
/// one image.
void ModelEngine::serve_waiting() {
  Work work;
  for (auto left = kImagesBetweenSteps; left > 0 && queue_.pop(work, left);) {
    left -= work.control ? 1 : work.images();
    serve_one(work);
  }
}

EpochResult ModelEngine::epoch(const EpochRequest& request, EpochObserver& observer) {
  if (peers_) peers_->join([this] { return go_on_waiting(); });
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
  host.snapshot = [this] {
    const auto& fixed = trainer_->fixed_latents();
    const auto* begin = fixed.data_ptr<float>();
    return make_images({{begin, begin + fixed.numel()}, trainer_->fixed_labels(), fixed.size(0)});
  };
  host.publish = [this](const Position& position) {
    sampler_stale_ = true;
    publish(position);
  };
  auto result = run_epoch(trainer(), request, observer, host);
  if (queue_.closed()) throw disposed();
  return result;
}

void ModelEngine::train_epoch(EpochRequest request, std::shared_ptr<EpochObserver> observer,
                              Reply<EpochResult> reply) {
  if (epoch_asked_.exchange(true)) {
    reply(
        Failure{"ERR_DCGAN_BUSY", "An epoch of this DCGAN is running: await it, or abort it by its signal"});
    return;
  }
  cancel_epoch_ = false;
  checkpoint_pending_ = false;
  Reply<EpochResult> ended = [this, reply = std::move(reply)](std::variant<EpochResult, Failure> outcome) {
    epoch_asked_ = false;
    reply(std::move(outcome));
  };
  ask<EpochResult>(std::move(ended),
                   [this, request, observer = std::move(observer)] { return epoch(request, *observer); });
}

void ModelEngine::cancel_epoch() {
  cancel_epoch_ = true;
  queue_.wake();
}

void ModelEngine::acknowledge_checkpoint() {
  checkpoint_pending_ = false;
  queue_.wake();
}

void ModelEngine::sample(std::int64_t id, SampleRequest request, Reply<Images> reply) {
  auto sampling = std::make_shared<Sampling>();
  sampling->id = id;
  sampling->request = std::move(request);
  sampling->reply = std::move(reply);
  queue_.push(std::move(sampling));
}

void ModelEngine::set_dataset(TrainingSet dataset, Reply<Fingerprint> reply) {
  ask<Fingerprint>(std::move(reply), [this, dataset = std::move(dataset)] {
    return Fingerprint{trainer().set_dataset(dataset)};
  });
}

void ModelEngine::set_classifier(std::vector<HostTensor> weights, Reply<Done> reply) {
  ask<Done>(std::move(reply), [this, weights = std::move(weights)] {
    classifier_ = make_classifier(classifier_weights(weights));
    return Done{};
  });
}

void ModelEngine::begin_evaluation(std::int64_t id, EvaluationRequest request, Reply<Done> reply) {
  // std::function copies what it holds, and the request is large: it is moved out once.
  const auto given = std::make_shared<EvaluationRequest>(std::move(request));
  ask<Done>(std::move(reply), [this, id, given] {
    auto sampler = make_sampler();
    sampler->prepare(folded());
    const auto batch = std::min(kEvaluationBatch, config_.max_batch);
    evaluations_[id] = std::make_unique<EvaluationRun>(std::move(*given), std::move(sampler), classifier(),
                                                       config_.latent_dim, batch);
    return Done{};
  });
}

void ModelEngine::advance_evaluation(std::int64_t id, Reply<EvaluationProgress> reply) {
  ask<EvaluationProgress>(std::move(reply), [this, id] {
    const auto found = evaluations_.find(id);
    if (found == evaluations_.end()) throw Error("ERR_DCGAN_NATIVE", "This evaluation has ended");
    return found->second->advance();
  });
}

void ModelEngine::end_evaluation(std::int64_t id) {
  ask<Done>([](const auto&) {},
            [this, id] {
              evaluations_.erase(id);
              return Done{};
            });
}

void ModelEngine::export_state(StatePart part, Reply<State> reply) {
  ask<State>(std::move(reply), [this, part] { return trainer().export_state(part); });
}

void ModelEngine::import_state(State state, Reply<Done> reply) {
  ask<Done>(std::move(reply), [this, state = std::move(state)] {
    trainer().import_state(state);
    sampler_stale_ = true;
    publish(trainer().position());
    return Done{};
  });
}

void ModelEngine::exchange(std::string text, Reply<std::vector<std::string>> reply) {
  cancel_epoch_ = false;
  ask<std::vector<std::string>>(std::move(reply), [this, text = std::move(text)] {
    if (!peers_) return std::vector<std::string>{text};
    return peers_->exchange(text, [this] { return go_on_waiting(); });
  });
}

void ModelEngine::probe(ProbeRequest request, Reply<std::vector<HostTensor>> reply) {
  ask<std::vector<HostTensor>>(std::move(reply), [this, request = std::move(request)] {
    sampler_stale_ = true;
    if (peers_) peers_->join([this] { return go_on_waiting(); });
    return trainer().probe(request);
  });
}

void ModelEngine::stop(Reply<Done> reply) {
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

Position ModelEngine::position() const {
  std::lock_guard lock(position_mutex_);
  return position_;
}

void ModelEngine::publish(const Position& position) {
  std::lock_guard lock(position_mutex_);
  position_ = position;
}

Stats ModelEngine::stats() const {
  return {queue_.waiting_images(), served_, forwards_, last_batch_, missing_threads_};
}

}  // namespace dcgan
