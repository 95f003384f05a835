#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "classifier/classifier.h"
#include "contract.h"
#include "engine/request_queue.h"
#include "kernels/team.h"
#include "sampling/sampler.h"

namespace dcgan {

/// One model and the thread that owns it. Every method may be called from any thread and returns at once.
/// Replies come on the model's thread. libuv's pool would not do: long jobs would block its other users.
///
/// A model that was loaded is a state in memory, and this project's kernels make its images. From its first
/// training on, it is a TrainingModel.
class Engine {
 public:
  /// `library`: null for a model that is to be imported and sampled from.
  Engine(Config config, const TrainingLibrary* library);
  /// Stops a running epoch after its step, and waits for the thread.
  ~Engine();

  Position position() const;
  Stats stats() const;
  /// Makes a TrainingModel of a model that only sampled, on this device and in these precisions. If that
  /// fails, the model samples as before.
  void start_training(Reply<Done> reply, const TrainingLibrary& library, RunsOn runs_on);
  void set_dataset(Reply<Fingerprint> reply, TrainingSet dataset);
  void train_epoch(Reply<EpochResult> reply, EpochRequest request, std::shared_ptr<EpochObserver> observer);
  void cancel_epoch();
  void acknowledge_checkpoint();
  void sample(Reply<Images> reply, std::int64_t id, SampleRequest request);
  void cancel_sample(std::int64_t id) { queue_.cancel(id); }
  /// Evaluations and requests with a min_confidence need the classifier.
  void set_classifier(Reply<Done> reply, std::vector<HostTensor> weights);
  /// Begins to evaluate the generator as it is now. Each call of advance_evaluation() does a piece of the
  /// work, so that other requests are served in between.
  void begin_evaluation(Reply<Done> reply, std::int64_t id, const TrainingLibrary& library,
                        EvaluationRequest request);
  void advance_evaluation(Reply<EvaluationProgress> reply, std::int64_t id);
  /// Begins to train a classifier on labelled images. Each call of advance_classifier() does a piece of the
  /// work. end_evaluation() frees what it holds.
  void begin_classifier(Reply<Done> reply, std::int64_t id, const TrainingLibrary& library, TrainingSet set,
                        std::int64_t classes);
  void advance_classifier(Reply<ClassifierProgress> reply, std::int64_t id);
  /// Frees what an evaluation holds.
  void end_evaluation(std::int64_t id);
  void export_state(Reply<State> reply, StatePart part);
  void import_state(Reply<Done> reply, State state);
  /// Replies with the texts of all processes of a distributed run, by rank. Waits for them until
  /// cancel_epoch().
  void exchange(Reply<std::vector<std::string>> reply, std::string text);
  void probe(Reply<std::vector<HostTensor>> reply, ProbeRequest request);
  /// Rejects all waiting requests, frees the model, and ends the thread.
  void stop(Reply<Done> reply);

 private:
  /// Latent vectors of some images, and their labels if the model has classes.
  struct Inputs {
    Floats latents;
    std::vector<std::uint8_t> labels;
    std::int64_t count;
  };

  void run();
  void serve_one(Work& work);
  void serve_waiting();
  void meet_peers();
  bool keep_waiting();
  EpochResult epoch(const EpochRequest& request, EpochObserver& observer);
  void publish(const Position& position);
  template <class T>
  void enqueue(Reply<T> reply, std::function<T()> work);
  Failure caught() const;

  std::unique_ptr<TrainingModel> make_training(const TrainingLibrary& library, const Config& config);
  TrainingModel& training();
  State state_of(StatePart part);
  void import(State state);
  void keep(State state);
  FoldedGenerator served();

  void serve_images(const Work& work);
  Inputs inputs_of(const Work& work);
  std::unique_ptr<Sampler> make_sampler() const;
  std::vector<std::uint8_t> make_images(const Inputs& inputs);
  std::shared_ptr<Classifier> classifier() const;

  RequestQueue queue_;
  std::atomic<bool> epoch_requested_{false};
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
  Config config_;
  const TrainingLibrary* library_;  // null until it is needed
  bool trains_;                     // the model is, or is to be, a TrainingModel
  std::optional<kernels::Team> team_;
  Floats fixed_latents_;                    // fixed_count × latent_dim
  std::vector<std::uint8_t> fixed_labels_;  // 0, 1, … in turn; empty if there are no classes
  std::optional<State> state_;              // of a model that only samples
  std::unique_ptr<TrainingModel> training_;
  std::unique_ptr<Sampler> sampler_;
  bool sampler_stale_ = true;
  std::shared_ptr<Classifier> classifier_;
  std::map<std::int64_t, std::unique_ptr<Evaluation>> evaluations_;
  std::map<std::int64_t, std::unique_ptr<ClassifierTraining>> classifiers_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace dcgan
