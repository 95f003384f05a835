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

#include "sizes.h"

#define DCGAN_EXPORT __attribute__((visibility("default")))

namespace dcgan {

inline constexpr std::int64_t kImagePixels = kImage.pixels();

/// Classes that the classifier knows.
inline constexpr std::int64_t kDigits = 10;

/// float64 exists for the finite-difference tests alone.
enum class Precision { kFloat32, kBFloat16, kFloat64 };

/// kPlain: LibTorch's modules and autograd, the specification of the fused step.
enum class StepKind { kAuto, kPlain };

/// kBce: binary cross-entropy, the tutorial's. kRelativistic: RpGAN (model/losses.h).
enum class LossKind { kBce, kRelativistic };

/// A value that may change between epochs: one for each epoch; the last one is kept.
using ByEpoch = std::vector<double>;

/// Where the processes of a distributed run meet, and which of them this one is.
struct PeerPlace {
  int rank = 0;
  int count = 1;  // 1: there are no others
  std::string address;
  int port = 0;
  bool serves_store = false;  // otherwise another process does
  std::string prefix;         // of the keys in the store
  std::string greeting;       // what all must have in common to understand each other
  double timeout = 10;        // seconds after which a process that does not answer counts as hung
};

struct Config {
  std::string device;  // 'cpu' or 'cuda:N', one that info() offers
  Precision precision = Precision::kFloat32;
  int threads = 0;  // 0: LibTorch's choice
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
  double dropout = 0.3;
  double label_smoothing = 0;
  std::int64_t disc_steps = 1;  // discriminator updates per generator update
  double ema_decay = 0;         // 0: the generator that is trained is the one that is served
  std::int64_t max_batch = 64;
  std::int64_t max_queue = 4096;
  StepKind step = StepKind::kAuto;
  std::int64_t steps_together = 0;  // steps between two looks at them; 0: those of a replay, or one
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

struct Failure {
  std::string code;
  std::string message;
};

/// Called once, on the model's thread.
template <class T>
using Reply = std::function<void(std::variant<T, Failure>)>;

struct Done {};

/// Tells one data set's images from another's.
struct Fingerprint {
  std::uint64_t hash = 0;
};

/// A tensor in host memory, row-major. dtype: F32, F64, I64 or U8.
struct HostTensor {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};

struct Position {
  std::int64_t step = 0;   // steps made
  std::int64_t epoch = 0;  // epochs completed
  std::int64_t batch = 0;  // steps made in the running epoch
};

struct State {
  Position position;
  std::int64_t dataset_count = 0;  // of the last step, 0 where none is known
  std::uint64_t dataset_hash = 0;
  std::vector<HostTensor> tensors;
};

enum class StatePart { kAll, kGenerator };

/// Of one step. NaN where there is no such value: the relativistic loss has no part of real images alone.
struct Losses {
  float disc = 0;  // without the penalties
  float gen = 0;
  float real = 0;  // the discriminator's, of real images and of generated ones
  float fake = 0;
  float r1 = 0;  // the penalties as they are added, γ/2 · E‖∇ₓD(x)‖²
  float r2 = 0;
};
inline constexpr std::int64_t kLossValues = 6;
static_assert(sizeof(Losses) == kLossValues * sizeof(float));

struct EpochRequest {
  std::int64_t snapshot_every = 0;
  std::int64_t checkpoint_every = 0;
  std::int64_t max_steps = 0;  // 0: to the end of the epoch
};

struct EpochResult {
  std::int64_t epoch = 0;  // from 1
  std::int64_t batch = 0;  // steps of the epoch that were made when this ended
  bool finished = false;   // false where it was cancelled
  double seconds = 0;
  std::vector<Losses> losses;   // of the steps that this made
  std::string capture_failure;  // why no CUDA graph was captured that should have been
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

/// count × 784 grey levels, and their labels where the model has classes.
struct TrainingSet {
  std::vector<std::uint8_t> images;
  std::vector<std::uint8_t> labels;
  std::int64_t count = 0;
};

struct SampleRequest {
  std::int64_t count = 1;
  std::uint64_t seed = 0;
  std::vector<float> latents;        // empty: drawn from the seed
  std::vector<std::uint8_t> labels;  // one for each image where the model has classes
  bool fixed = false;                // the model's own fixed latents and labels
  /// The confidence that the classifier must have. Below it, an image is drawn again from its own seed.
  std::optional<double> min_confidence;
};

/// Generated images: count × 784 grey levels and, where they were asked for, confidences.
struct Images {
  std::vector<std::uint8_t> pixels;
  std::vector<float> confidences;
};

/// Real images to compare with, and those that the floor's are drawn from. Labels may be missing.
struct EvaluationRequest {
  std::int64_t count = 0;  // of generated images, and of the floor's where there are so many
  std::uint64_t seed = 0;
  std::vector<std::uint8_t> labels;  // of the generated images, where the model has classes
  TrainingSet real;
  TrainingSet pool;
};

/// Figures of a set of images beside real ones, in the features of the classifier.
struct Figures {
  std::int64_t count = 0;
  double frechet_distance = 0;
  double precision = 0;
  double recall = 0;
  double density = 0;
  double coverage = 0;
  double confidence = 0;
  std::vector<double> class_shares;
  std::vector<double> label_accuracies;  // by class; NaN where it has no image
  double label_accuracy = 0;             // NaN where the images have no labels
};

struct EvaluationProgress {
  double fraction = 0;  // of the work
  bool finished = false;
  Figures generated;  // these two once it is
  Figures floor;
};

struct ProbeRequest {
  std::vector<float> latents;        // disc_steps × n × latent_dim
  std::vector<std::uint8_t> images;  // n × 784
  std::vector<std::uint8_t> labels;  // n where the model has classes
};

struct Stats {
  std::int64_t waiting = 0;
  std::int64_t served = 0;
  std::int64_t forwards = 0;
  std::int64_t last_batch = 0;
};

/// One model and the thread that owns it. Every method may be called from any thread and returns at once;
/// replies come on the model's thread. The destructor stops a running epoch after its step and joins.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string device() const = 0;
  virtual Position position() const = 0;
  virtual Stats stats() const = 0;
  virtual void set_dataset(TrainingSet dataset, Reply<Fingerprint> reply) = 0;
  virtual void train_epoch(EpochRequest request, std::shared_ptr<EpochObserver> observer,
                           Reply<EpochResult> reply) = 0;
  virtual void cancel_epoch() = 0;
  virtual void acknowledge_checkpoint() = 0;
  virtual void sample(std::int64_t id, SampleRequest request, Reply<Images> reply) = 0;
  virtual void cancel_sample(std::int64_t id) = 0;
  /// The weights of the classifier: before the first evaluation.
  virtual void set_classifier(std::vector<HostTensor> weights, Reply<Done> reply) = 0;
  /// Begins to evaluate the generator as it is now. Each call of advance_evaluation() does a piece of the
  /// work, some ten milliseconds, so that other requests are served in between.
  virtual void begin_evaluation(std::int64_t id, EvaluationRequest request, Reply<Done> reply) = 0;
  virtual void advance_evaluation(std::int64_t id, Reply<EvaluationProgress> reply) = 0;
  /// Frees what an evaluation holds.
  virtual void end_evaluation(std::int64_t id) = 0;
  virtual void export_state(StatePart part, Reply<State> reply) = 0;
  virtual void import_state(State state, Reply<Done> reply) = 0;
  /// Returns the texts that all processes of a distributed run gave, in the order of their ranks, once all
  /// have come; cancel_epoch() gives up.
  virtual void exchange(std::string text, Reply<std::vector<std::string>> reply) = 0;
  virtual void probe(ProbeRequest request, Reply<std::vector<HostTensor>> reply) = 0;
  /// Rejects all that waits, frees the model, ends the thread.
  virtual void stop(Reply<Done> reply) = 0;
};

struct Info {
  std::string libtorch;
  bool cuda = false;
  int cuda_devices = 0;
  int threads = 0;
  std::string cpu_capability;
  /// Of the kernels: kernels/processor.h.
  std::string level;
  bool fused_float32 = false;
  bool fused_bfloat16 = false;
  /// True where the CPU, and each CUDA device, has bfloat16 arithmetic.
  bool bfloat16 = false;
  std::vector<bool> cuda_bfloat16;
};

/// What the engine's library offers to the addon, which opens it at run time.
class Library {
 public:
  virtual ~Library() = default;
  virtual Info info() const = 0;
  virtual std::unique_ptr<Engine> create(Config config) const = 0;
  /// The seed of the first process of a distributed run, which this waits for unless the seed is `given`.
  virtual std::uint64_t agreed_seed(const PeerPlace& place, std::uint64_t seed, bool given) const = 0;
  virtual std::vector<float> latents(std::uint64_t seed, std::int64_t count, std::int64_t dim) const = 0;
  virtual std::vector<std::uint8_t> labels(std::uint64_t seed, std::int64_t count,
                                           std::int64_t classes) const = 0;
};

using LibraryEntry = const Library* (*)();
inline constexpr const char* kLibraryEntry = "dcgan_library";

}  // namespace dcgan
