#pragma once

// The types that cross between Node's thread and a model's thread: plain C++, no LibTorch and no Node-API.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pages.h"
#include "sizes.h"

#define DCGAN_EXPORT __attribute__((visibility("default")))

namespace dcgan {

inline constexpr std::int64_t kImagePixels = kImage.pixels();

/// float64 exists for the finite-difference tests alone.
/// kPlainBFloat16 is bfloat16 with products in plain C++, which every processor can compute. It and kFloat64
/// are for tests alone.
enum class Precision { kFloat32, kBFloat16, kPlainBFloat16, kFloat64 };
inline bool is_bfloat16(Precision precision) {
  return precision == Precision::kBFloat16 || precision == Precision::kPlainBFloat16;
}

/// kPlain: LibTorch's modules and autograd, the specification of the fused step.
enum class StepKind { kAuto, kPlain };

/// kBce: binary cross-entropy, the tutorial's. kRelativistic: RpGAN (model/losses.h).
enum class LossKind { kBce, kRelativistic };

/// A value that may change between epochs: one for each epoch; the last one is kept.
using ByEpoch = std::vector<double>;

/// The rank of this process in a distributed run, and the store in which the processes find each other.
struct PeerPlace {
  int rank = 0;
  int count = 1;        // 1: this process trains alone
  std::string address;  // the store's
  int port = 0;
  bool serves_store = false;  // if false, another process or torchrun serves the store
  std::string prefix;         // all keys of this run in the store begin with it
  std::string greeting;       // the versions and sizes that all processes must have in common
  double timeout = 10;        // seconds until a process that does not answer counts as hung
};

/// The device and the precisions of a model.
struct RunsOn {
  std::string device;                               // 'cpu' or 'cuda:N', one that info() offers
  Precision precision = Precision::kFloat32;        // of the training steps
  Precision image_precision = Precision::kFloat32;  // of the images
};

struct Config : RunsOn {
  int threads = 0;  // 0: as many as the process may use
  std::uint64_t seed = 0;
  std::int64_t batch_size = 128;
  std::int64_t latent_dim = 100;
  std::int64_t classes = 0;  // 0: unconditional
  std::int64_t fixed_count = 25;
  ByEpoch disc_lr{2e-4};
  ByEpoch gen_lr{2e-4};
  double beta1 = 0.9;
  double beta2 = 0.999;
  LossKind loss = LossKind::kBce;
  ByEpoch r1{0};  // weights of the gradient penalties on real and on generated images
  ByEpoch r2{0};
  ByEpoch mismatch{0};  // weight of the loss on real images with other labels; needs two classes
  double dropout = 0.3;
  double label_smoothing = 0;
  std::int64_t disc_steps = 1;  // discriminator updates per generator update
  double ema_decay = 0;         // 0: no average; the trained generator makes the images
  std::int64_t max_batch = 64;
  std::int64_t max_queue = 4096;
  StepKind step = StepKind::kAuto;
  std::int64_t steps_together = 0;  // steps per call of Trainer::step(); 0: a whole CUDA graph, or one
  PeerPlace peers;
};

/// A failure with a stable code; it becomes a DcganError in TypeScript.
class DCGAN_EXPORT Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

/// Throws an Error. WebAssembly has no exceptions: there, JavaScript throws it (wasm/runtime.cc).
#ifdef __wasm__
[[noreturn]] void fail(const std::string& code, const std::string& message);
#else
[[noreturn]] inline void fail(const std::string& code, const std::string& message) {
  throw Error(code, message);
}
#endif

struct Failure {
  std::string code;
  std::string message;
};

/// Receives the answer to a request. Called once, on the model's thread.
template <class T>
using Reply = std::function<void(std::variant<T, Failure>)>;

struct Done {};

/// Identifies the images of a data set.
struct Fingerprint {
  std::uint64_t hash = 0;
};

/// A tensor in host memory, row-major. dtype: F32, F64, I64 or U8.
struct HostTensor {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  Bytes data;
};

struct Position {
  std::int64_t step = 0;   // steps made
  std::int64_t epoch = 0;  // epochs completed
  std::int64_t batch = 0;  // steps made in the running epoch
};

struct State {
  Position position;
  Position origin;                 // where the average of the weights and the schedule began
  std::int64_t dataset_count = 0;  // images of the data set last trained on; 0 if there is none
  std::uint64_t dataset_hash = 0;  // its fingerprint
  std::vector<HostTensor> tensors;
};

enum class StatePart { kAll, kGenerator };

/// The losses of one step.
struct Losses {
  float disc_loss = 0;  // without the penalties, with the loss on mismatched labels
  float gen_loss = 0;
  float disc_loss_real = 0;  // on real images; NaN for the relativistic loss
  float disc_loss_fake = 0;  // on generated images
  float r1 = 0;              // the penalties that are added to the discriminator's loss, γ/2 · E‖∇ₓD(x)‖²
  float r2 = 0;
};
inline constexpr std::int64_t kLossValues = 6;
static_assert(sizeof(Losses) == kLossValues * sizeof(float));

struct EpochRequest {
  std::int64_t snapshot_every = 0;
  std::int64_t checkpoint_every = 0;
  std::int64_t max_steps = 0;  // 0: to the end of the epoch
  bool restart = false;        // true: the average, its warm-up and the schedule begin again
};

struct EpochResult {
  std::int64_t epoch = 0;  // from 1
  std::int64_t batch = 0;  // steps of the epoch that have been made when the call ends
  bool finished = false;   // false if the epoch was cancelled
  double seconds = 0;
  std::vector<Losses> losses;   // one for each step of this call
  std::string capture_failure;  // why LibTorch could not capture a CUDA graph, if it tried
};

/// Receives the events of a running epoch, on the model's thread. `losses`: of the steps since the last
/// event, up to this one.
class EpochObserver {
 public:
  virtual ~EpochObserver() = default;
  virtual void on_progress(std::int64_t step, std::int64_t batch, std::vector<Losses> losses) = 0;
  virtual void on_snapshot(std::int64_t step, std::int64_t batch, std::vector<Losses> losses,
                           std::vector<std::uint8_t> pixels) = 0;
  virtual void on_checkpoint(State state) = 0;
};

/// Images with their labels.
struct TrainingSet {
  std::vector<std::uint8_t> images;  // count × 784 grey levels
  std::vector<std::uint8_t> labels;  // one per image, or empty
  std::int64_t count = 0;
};

struct SampleRequest {
  std::int64_t count = 1;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;           // the number of the first image among the images of the seed
  std::vector<float> latents;        // empty: they are drawn from the seed
  std::vector<std::uint8_t> labels;  // one per image; empty: they are drawn from the seed
  bool one_label = false;            // true: all images get the first label that is drawn
  bool fixed = false;                // true: the model's own fixed latent vectors and labels
  /// The confidence that the classifier must have. Below it, an image is drawn again from its own seed.
  std::optional<double> min_confidence;
  float truncation = 1;  // the factor of the latent vectors
};

/// Generated images.
struct Images {
  std::vector<std::uint8_t> pixels;  // count × 784 grey levels
  std::vector<std::uint8_t> labels;  // one per image; empty if the model has no classes
  std::vector<float> confidences;    // one per image; empty unless the request has a min_confidence
};

struct EvaluationRequest {
  std::int64_t count = 0;  // of generated images, and of the floor's images if the pool has so many
  std::uint64_t seed = 0;
  std::vector<std::uint8_t> labels;  // of the generated images; empty: drawn from the seed
  TrainingSet real;                  // the images to compare with
  TrainingSet pool;                  // the images from which the floor's are drawn
  bool unseen = false;               // the classifier was not trained on the real images
  std::int64_t score_count = 0;      // of images that a classifier is trained on for its score; 0: no score
};

/// The figures of a set of images, compared with real ones in the classifier's features.
struct Figures {
  std::int64_t count = 0;
  double frechet_distance = 0;
  double precision = 0;
  double recall = 0;
  double density = 0;
  double coverage = 0;
  double confidence = 0;
  std::vector<double> class_shares;
  std::vector<double> label_accuracies;  // by class; NaN if no image has that label
  double label_accuracy = 0;             // NaN if the images have no labels
  std::vector<double> class_distances;   // by class; NaN with less than two images. Empty without labels
};

/// The shares of the real images that two classifiers read correctly: one was trained on generated images,
/// and the other on as many real ones.
struct AccuracyScore {
  std::int64_t count = 0;  // of the images that each was trained on; 0: there is no score
  double generated = 0;
  double real = 0;
};

struct EvaluationProgress {
  double fraction = 0;  // the share of the work that is done
  bool finished = false;
  Figures generated;  // these are valid once the work is finished
  Figures floor;
  std::optional<Figures> unseen;
  AccuracyScore score;
};

/// How far the training of a classifier is.
struct ClassifierProgress {
  double fraction = 0;  // the share of the work that is done
  bool finished = false;
  std::vector<HostTensor> tensors;  // these are valid once the work is finished
  double accuracy = 0;              // the share of the images held back that are read as their labels
};

struct ProbeRequest {
  std::vector<float> latents;              // disc_steps × n × latent_dim
  std::vector<std::uint8_t> images;        // n × 784
  std::vector<std::uint8_t> labels;        // n; empty if the model has no classes
  std::vector<std::uint8_t> other_labels;  // disc_steps × n; empty: the step has no mismatched labels
};

struct Stats {
  std::int64_t waiting = 0;
  std::int64_t served = 0;
  std::int64_t forwards = 0;
  std::int64_t last_batch = 0;
  int missing_threads = 0;  // threads of the model that the process could not start
};

struct Info {
  std::string libtorch;
  bool cuda = false;
  int cuda_devices = 0;
  int threads = 0;
  std::string cpu_capability;
  std::string level;   // which kernels run: kernels/processor.h
  std::string vendor;  // of the processor, as CPUID reports it; empty on other architectures
  bool fused_float32 = false;
  bool fused_bfloat16 = false;
  bool bfloat16 = false;            // true if the processor has bfloat16 arithmetic
  std::vector<bool> cuda_bfloat16;  // the same for each CUDA device
};

class Classifier;
struct ClassifierWeights;
class Sampler;

namespace kernels {
class Team;
}

/// Called while a process waits for others. Returns false to give up.
using Idle = std::function<bool()>;

/// A model in training, made by the training library. Only the model's thread uses it.
class TrainingModel {
 public:
  virtual ~TrainingModel() = default;

  /// Waits until all processes of a distributed run have come. Calls `idle` meanwhile.
  virtual void join(const Idle& idle) = 0;
  /// Joins, and returns the texts of all processes, by rank.
  virtual std::vector<std::string> exchange(const std::string& text, const Idle& idle) = 0;
  /// Returns true if this process or another one of the run wants to stop. All processes call it before
  /// each step, so all stop before the same one.
  virtual bool agree_to_stop(bool wanted) = 0;

  /// Returns the data set's fingerprint.
  virtual std::uint64_t set_dataset(const TrainingSet& dataset) = 0;
  /// The average of the weights, its warm-up and the schedule begin again, for another data set.
  virtual void restart() = 0;
  /// Continues the running epoch if it was begun on this data set. Otherwise begins an epoch.
  virtual void begin_epoch() = 0;
  virtual std::int64_t epoch_steps() const = 0;
  /// Makes a step, or several if a CUDA graph has them; never more than `most`. Returns how many. The last
  /// step of an epoch completes the epoch.
  virtual std::int64_t step(std::int64_t most) = 0;
  /// Reads the losses of steps [first, end) of the current epoch, or of the one that has just ended, from the
  /// device.
  virtual std::vector<Losses> losses(std::int64_t first, std::int64_t end) const = 0;
  /// Returns why LibTorch could not capture a CUDA graph; empty if it could, or did not try.
  virtual std::string capture_failure() const = 0;
  virtual const Position& position() const = 0;

  /// Returns the tensors of the generator that makes the images, the average or the trained one, behind the
  /// prefix "generator.".
  virtual std::vector<HostTensor> served_tensors() = 0;
  virtual State export_state(StatePart part) = 0;
  virtual void import_state(const State& state) = 0;
  virtual std::vector<HostTensor> probe(const ProbeRequest& request) = 0;

  /// Make LibTorch's own sampler and classifier. Null where the kernels serve this model.
  virtual std::unique_ptr<Sampler> make_sampler() const = 0;
  virtual std::unique_ptr<Classifier> make_classifier(const ClassifierWeights& weights) const = 0;
};

/// The evaluation of a generator, done piece by piece.
class Evaluation {
 public:
  virtual ~Evaluation() = default;
  /// Does the next piece of the work, some ten milliseconds.
  virtual EvaluationProgress advance() = 0;
};

/// The training of a classifier, done piece by piece.
class ClassifierTraining {
 public:
  virtual ~ClassifierTraining() = default;
  /// Does the next piece of the work, some ten milliseconds.
  virtual ClassifierProgress advance() = 0;
};

/// The functions of the library that needs LibTorch. The addon opens it when a model first trains or
/// evaluates.
class TrainingLibrary {
 public:
  virtual ~TrainingLibrary() = default;
  virtual Info info() const = 0;
  /// Returns the seed of the first process of a distributed run. Waits for that process, unless the seed is
  /// `given`.
  virtual std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given) const = 0;
  /// Numbers the models of a process, in the order in which Node's thread makes them. The models of the same
  /// number train together.
  virtual PeerPlace numbered(PeerPlace place) const = 0;

  // The rest is called on a model's thread.

  /// Prepares the thread: it computes with this team, and LibTorch with as many threads as suit the model.
  /// Returns how many threads the model has.
  virtual int enter(const Config& config, kernels::Team& team) const = 0;
  virtual std::unique_ptr<TrainingModel> create(const Config& config) const = 0;
  /// `sampler`: prepared with the generator.
  virtual std::unique_ptr<Evaluation> evaluate(const Config& config, EvaluationRequest request,
                                               std::unique_ptr<Sampler> sampler,
                                               std::shared_ptr<Classifier> classifier) const = 0;
  /// `set`: images with a label each, below `classes`.
  virtual std::unique_ptr<ClassifierTraining> train_classifier(const Config& config, const TrainingSet& set,
                                                               std::int64_t classes) const = 0;
  /// Returns the exception that is being handled, which may be LibTorch's, as a failure.
  virtual Failure caught() const = 0;
};

using TrainingLibraryEntry = const TrainingLibrary* (*)();
inline constexpr const char* kTrainingLibraryEntry = "dcgan_training_library";

}  // namespace dcgan
