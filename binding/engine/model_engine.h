#pragma once

#include <torch/torch.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "contract.h"
#include "engine/request_queue.h"
#include "evaluation/evaluation.h"
#include "sampling/sampler.h"
#include "training/trainer.h"

namespace dcgan {

/// An engine on a thread of its own, on which the model's LibTorch objects live and die. libuv's pool would
/// not do: long jobs would block its other users, and each of its threads would start its own OpenMP team.
class ModelEngine : public Engine {
 public:
  ModelEngine(Config config, torch::Device device);
  ~ModelEngine() override;

  Position position() const override;
  Stats stats() const override;
  void set_dataset(TrainingSet dataset, Reply<Fingerprint> reply) override;
  void train_epoch(EpochRequest request, std::shared_ptr<EpochObserver> observer,
                   Reply<EpochResult> reply) override;
  void cancel_epoch() override;
  void acknowledge_checkpoint() override;
  void sample(std::int64_t id, SampleRequest request, Reply<Images> reply) override;
  void cancel_sample(std::int64_t id) override { queue_.cancel(id); }
  void set_classifier(std::vector<HostTensor> weights, Reply<Done> reply) override;
  void begin_evaluation(std::int64_t id, EvaluationRequest request, Reply<Done> reply) override;
  void advance_evaluation(std::int64_t id, Reply<EvaluationProgress> reply) override;
  void end_evaluation(std::int64_t id) override;
  void export_state(StatePart part, Reply<State> reply) override;
  void import_state(State state, Reply<Done> reply) override;
  void exchange(std::string text, Reply<std::vector<std::string>> reply) override;
  void probe(ProbeRequest request, Reply<std::vector<HostTensor>> reply) override;
  void stop(Reply<Done> reply) override;

 private:
  void run();
  void serve_one(Work& work);
  void serve_waiting();
  void meet_peers();
  bool go_on_waiting();
  void serve_images(const Work& work);
  std::unique_ptr<Sampler> make_sampler() const;
  std::shared_ptr<Classifier> make_classifier(const ClassifierWeights& weights) const;
  std::shared_ptr<Classifier> classifier() const;
  /// Latent vectors of some images, and their labels if the model has classes.
  struct Inputs {
    std::vector<float> latents;
    std::vector<std::uint8_t> labels;
    std::int64_t count;
  };
  Inputs inputs_of(const Work& work);
  std::vector<std::uint8_t> make_images(const Inputs& inputs);
  EpochResult epoch(const EpochRequest& request, EpochObserver& observer);
  void publish(const Position& position);
  Trainer& trainer();
  /// Returns the generator that makes the images.
  FoldedGenerator folded();
  template <class T>
  void ask(Reply<T> reply, std::function<T()> work);

  const Config config_;
  const torch::Device device_;
  RequestQueue queue_;
  std::atomic<bool> epoch_asked_{false};
  std::atomic<bool> cancel_epoch_{false};
  std::atomic<bool> checkpoint_pending_{false};
  std::atomic<std::int64_t> served_{0}, forwards_{0}, last_batch_{0};
  std::atomic<int> missing_threads_{0};
  mutable std::mutex position_mutex_;
  Position position_;
  std::mutex stop_mutex_;
  std::vector<Reply<Done>> stop_replies_;
  bool stopped_ = false;

  // Only the thread touches these.
  std::unique_ptr<Peers> peers_;  // null if this process trains alone
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<Sampler> sampler_;
  bool sampler_stale_ = true;
  std::shared_ptr<Classifier> classifier_;
  std::map<std::int64_t, std::unique_ptr<EvaluationRun>> evaluations_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace dcgan
