#include "addon/convert.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "addon/environment.h"
#include "addon/fields.h"

namespace dcgan {

namespace {

constexpr int kMaxThreads = 1024;
/// A label is a byte.
constexpr std::int64_t kMaxClasses = 256;
constexpr std::int64_t kMaxDiscSteps = 100;
constexpr int kMaxPeers = 65536;
constexpr int kMaxPort = 65535;
constexpr std::uint32_t kMaxDimensions = 8;
/// Bytes that a tensor may take: more than any machine has, and far below where 64 bits end.
constexpr std::int64_t kMaxTensorBytes = std::int64_t{1} << 48;

std::uint64_t seed(const Napi::Object& object) {
  return static_cast<std::uint64_t>(integer(object, "seed", 0, kMaxInteger));
}

/// Labels index what the classifier says, and latents of the caller's are not drawn.
double min_confidence(const Napi::Object& object, const Sizes& sizes) {
  if (sizes.classes != 0 && sizes.classes != kDigits) {
    throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected no minConfidence for a model of other classes");
  }
  if (boolean(object, "fixed") || !object.Get("latents").IsNull()) {
    throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected no minConfidence beside given latents");
  }
  return number(object, "minConfidence");
}

Precision precision_of(const std::string& name) {
  if (name == "bfloat16") return Precision::kBFloat16;
  return name == "float64" ? Precision::kFloat64 : Precision::kFloat32;
}

std::string hex(std::uint64_t value) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

std::uint64_t from_hex(const std::string& digits) {
  std::uint64_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.empty() || (error == std::errc() && stop == end)) return value;
  throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected 16 hexadecimal digits for datasetHash");
}

std::int64_t element_bytes(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64") return 8;
  if (dtype == "F32") return 4;
  if (dtype == "U8") return 1;
  throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected F32, F64, I64 or U8 for dtype");
}

ByEpoch by_epoch(const Napi::Object& object, const char* key) {
  const auto list = dcgan::object(object.Get(key), key).As<Napi::Array>();
  const auto count = integer(list.Get("length"), key, 1, kMaxSize);
  ByEpoch values;
  for (std::uint32_t i = 0; i < count; ++i) values.push_back(number(list.Get(i), key));
  return values;
}

HostTensor tensor_from(const Napi::Object& item) {
  HostTensor tensor{text(item, "name"), text(item, "dtype"), {}, {}};
  auto bytes = element_bytes(tensor.dtype);
  const auto shape = object(item.Get("shape"), "shape").As<Napi::Array>();
  const auto dimensions =
      static_cast<std::uint32_t>(integer(shape.Get("length"), "shape.length", 0, kMaxDimensions));
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    const auto size = integer(shape.Get(d), "shape", 0, kMaxTensorBytes);
    if (size > 0 && bytes > kMaxTensorBytes / size) {
      throw Error("ERR_DCGAN_INVALID_ARGUMENT", "The shape of " + tensor.name + " is too large");
    }
    bytes *= size;
    tensor.shape.push_back(size);
  }
  tensor.data = buffer(item.Get("data"), tensor.name.c_str(), bytes);
  return tensor;
}

}  // namespace

PeerPlace peers_from(const Napi::Object& object) {
  PeerPlace place;
  place.count = static_cast<int>(integer(object, "count", 1, kMaxPeers));
  place.rank = static_cast<int>(integer(object, "rank", 0, place.count - 1));
  place.address = text(object, "address");
  place.port = static_cast<int>(integer(object, "port", 1, kMaxPort));
  place.serves_store = boolean(object, "servesStore");
  place.prefix = text(object, "prefix");
  place.greeting = text(object, "greeting");
  place.timeout = number(object, "timeout");
  return place;
}

Config config_from(const Napi::Object& object) {
  Config config;
  config.device = text(object, "device");
  config.precision = precision_of(text(object, "precision"));
  config.threads = static_cast<int>(integer(object, "threads", 0, kMaxThreads));
  config.seed = seed(object);
  config.batch_size = integer(object, "batchSize", 1, kMaxSize);
  config.latent_dim = integer(object, "latentDim", 1, kMaxSize);
  config.classes = integer(object, "classes", 0, kMaxClasses);
  config.fixed_count = integer(object, "fixedCount", 0, kMaxSize);
  config.disc_lr = by_epoch(object, "discLr");
  config.gen_lr = by_epoch(object, "genLr");
  config.beta1 = number(object, "beta1");
  config.beta2 = number(object, "beta2");
  config.loss = text(object, "loss") == "relativistic" ? LossKind::kRelativistic : LossKind::kBce;
  config.r1 = by_epoch(object, "r1");
  config.r2 = by_epoch(object, "r2");
  config.dropout = number(object, "dropout");
  config.label_smoothing = number(object, "labelSmoothing");
  config.disc_steps = integer(object, "discSteps", 1, kMaxDiscSteps);
  config.ema_decay = number(object, "emaDecay");
  config.max_batch = integer(object, "maxBatch", 1, kMaxSize);
  config.max_queue = integer(object, "maxQueue", 1, kMaxSize);
  const auto peers = object.Get("peers");
  if (peers.IsObject()) config.peers = peers_from(peers.As<Napi::Object>());
  config.step = text(object, "step") == "plain" ? StepKind::kPlain : StepKind::kAuto;
  return config;
}

SampleRequest sample_request_from(const Napi::Object& object, const Sizes& sizes) {
  SampleRequest request;
  request.fixed = boolean(object, "fixed");
  // The fixed latents are read by their place in the request.
  request.count = request.fixed ? integer(object, "count", sizes.fixed_count, sizes.fixed_count)
                                : integer(object, "count", 1, kMaxSize);
  request.seed = seed(object);
  const auto latents = object.Get("latents");
  if (!latents.IsNull()) request.latents = floats(latents, "latents", request.count * sizes.latent_dim);
  if (!request.fixed) request.labels = labels_from(object.Get("labels"), request.count, sizes.classes);
  if (!object.Get("minConfidence").IsUndefined()) request.min_confidence = min_confidence(object, sizes);
  return request;
}

EpochRequest epoch_request_from(const Napi::Object& object) {
  return {integer(object, "snapshotEvery", 0, kMaxInteger),
          integer(object, "checkpointEvery", 0, kMaxInteger), integer(object, "maxSteps", 0, kMaxInteger)};
}

static TrainingSet images_from(const Napi::Object& object) {
  TrainingSet set;
  set.count = integer(object, "count", 1, kMaxInteger / kImagePixels);
  set.images = bytes(object.Get("images"), "images", set.count * kImagePixels);
  const auto labels = object.Get("labels");
  if (!labels.IsNull()) set.labels = bytes(labels, "labels", set.count);
  return set;
}

EvaluationRequest evaluation_request_from(const Napi::Object& object, const Sizes& sizes) {
  EvaluationRequest request;
  request.count = integer(object, "count", 2, kMaxSize);
  request.seed = seed(object);
  request.labels = labels_from(object.Get("labels"), request.count, sizes.classes);
  request.real = images_from(dcgan::object(object.Get("real"), "real"));
  request.pool = images_from(dcgan::object(object.Get("pool"), "pool"));
  return request;
}

ProbeRequest probe_request_from(const Napi::Object& object, const Sizes& sizes) {
  const auto images = object.Get("images");
  const auto count = length_of(images, "images") / kImagePixels;
  return {floats(object.Get("latents"), "latents", sizes.disc_steps * count * sizes.latent_dim),
          bytes(images, "images", count * kImagePixels),
          labels_from(object.Get("labels"), count, sizes.classes)};
}

std::vector<std::uint8_t> labels_from(const Napi::Value& value, std::int64_t count, std::int64_t classes) {
  if (classes == 0) return {};
  auto labels = bytes(value, "labels", count);
  if (std::any_of(labels.begin(), labels.end(), [&](std::uint8_t label) { return label >= classes; })) {
    throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected labels below " + std::to_string(classes));
  }
  return labels;
}

State state_from(const Napi::Object& object) {
  State state;
  state.position = {integer(object, "step", 0, kMaxInteger), integer(object, "epoch", 0, kMaxInteger),
                    integer(object, "batch", 0, kMaxInteger)};
  state.dataset_count = integer(object, "datasetCount", 0, kMaxInteger);
  state.dataset_hash = from_hex(text(object, "datasetHash"));
  state.tensors = tensors_from(object.Get("tensors"));
  return state;
}

std::vector<HostTensor> tensors_from(const Napi::Value& value) {
  const auto array = object(value, "tensors").As<Napi::Array>();
  const auto count = integer(array.Get("length"), "tensors.length", 0, kMaxSize);
  std::vector<HostTensor> tensors;
  for (std::uint32_t i = 0; i < count; ++i) tensors.push_back(tensor_from(object(array.Get(i), "a tensor")));
  return tensors;
}

Napi::ArrayBuffer to_buffer(Napi::Env env, const void* data, std::size_t size) {
  auto buffer = Environment::of(env)->new_buffer(size);
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return buffer;
}

Napi::Value to_js(Napi::Env env, const Done&) { return env.Undefined(); }

Napi::Value to_js(Napi::Env env, const Fingerprint& fingerprint) {
  return Napi::String::New(env, hex(fingerprint.hash));
}

Napi::Value to_js(Napi::Env env, const std::vector<std::uint8_t>& bytes) {
  return to_buffer(env, bytes.data(), bytes.size());
}

Napi::Value to_js(Napi::Env env, const std::vector<Losses>& losses) {
  return to_buffer(env, losses.data(), losses.size() * sizeof(Losses));
}

Napi::Value to_js(Napi::Env env, const Images& images) {
  auto object = Napi::Object::New(env);
  object.Set("pixels", to_js(env, images.pixels));
  const auto& confidences = images.confidences;
  object.Set("confidences", confidences.empty() ? env.Null()
                                                : Napi::Value(to_buffer(env, confidences.data(),
                                                                        confidences.size() * sizeof(float))));
  return object;
}

static void set_position(Napi::Object& object, const Position& position) {
  object.Set("step", static_cast<double>(position.step));
  object.Set("epoch", static_cast<double>(position.epoch));
  object.Set("batch", static_cast<double>(position.batch));
}

Napi::Value to_js(Napi::Env env, const Position& position) {
  auto object = Napi::Object::New(env);
  set_position(object, position);
  return object;
}

Napi::Value to_js(Napi::Env env, const Stats& stats) {
  auto object = Napi::Object::New(env);
  object.Set("waiting", static_cast<double>(stats.waiting));
  object.Set("served", static_cast<double>(stats.served));
  object.Set("forwards", static_cast<double>(stats.forwards));
  object.Set("lastBatch", static_cast<double>(stats.last_batch));
  return object;
}

Napi::Value to_js(Napi::Env env, const Info& info) {
  auto fused = Napi::Object::New(env);
  fused.Set("float32", info.fused_float32);
  fused.Set("bfloat16", info.fused_bfloat16);
  auto object = Napi::Object::New(env);
  object.Set("libtorch", info.libtorch);
  object.Set("cuda", info.cuda);
  object.Set("cudaDevices", info.cuda_devices);
  object.Set("threads", info.threads);
  object.Set("cpuCapability", info.cpu_capability);
  object.Set("fusedStep", fused);
  object.Set("level", info.level);
  object.Set("bfloat16", info.bfloat16);
  auto cuda_bfloat16 = Napi::Array::New(env, info.cuda_bfloat16.size());
  for (std::uint32_t i = 0; i < info.cuda_bfloat16.size(); ++i) {
    cuda_bfloat16.Set(i, Napi::Boolean::New(env, info.cuda_bfloat16[i]));
  }
  object.Set("cudaBfloat16", cuda_bfloat16);
  return object;
}

Napi::Value to_js(Napi::Env env, const EpochResult& result) {
  auto object = Napi::Object::New(env);
  object.Set("epoch", static_cast<double>(result.epoch));
  object.Set("finished", result.finished);
  object.Set("seconds", result.seconds);
  object.Set("batch", static_cast<double>(result.batch));
  object.Set("losses", to_js(env, result.losses));
  return object;
}

static Napi::Array to_array(Napi::Env env, const std::vector<double>& values) {
  auto array = Napi::Array::New(env, values.size());
  for (std::uint32_t i = 0; i < values.size(); ++i) array.Set(i, Napi::Number::New(env, values[i]));
  return array;
}

static Napi::Object to_object(Napi::Env env, const Figures& figures) {
  auto object = Napi::Object::New(env);
  object.Set("count", static_cast<double>(figures.count));
  object.Set("frechetDistance", figures.frechet_distance);
  object.Set("precision", figures.precision);
  object.Set("recall", figures.recall);
  object.Set("density", figures.density);
  object.Set("coverage", figures.coverage);
  object.Set("confidence", figures.confidence);
  object.Set("classShares", to_array(env, figures.class_shares));
  object.Set("labelAccuracy", figures.label_accuracy);
  object.Set("labelAccuracies", to_array(env, figures.label_accuracies));
  return object;
}

Napi::Value to_js(Napi::Env env, const EvaluationProgress& progress) {
  auto object = Napi::Object::New(env);
  object.Set("fraction", progress.fraction);
  if (progress.finished) {
    object.Set("generated", to_object(env, progress.generated));
    object.Set("floor", to_object(env, progress.floor));
  }
  return object;
}

Napi::Value to_js(Napi::Env env, const std::vector<HostTensor>& tensors) {
  auto array = Napi::Array::New(env, tensors.size());
  std::uint32_t index = 0;
  for (const auto& tensor : tensors) {
    auto shape = Napi::Array::New(env, tensor.shape.size());
    for (std::uint32_t d = 0; d < tensor.shape.size(); ++d)
      shape.Set(d, static_cast<double>(tensor.shape[d]));
    auto object = Napi::Object::New(env);
    object.Set("name", tensor.name);
    object.Set("dtype", tensor.dtype);
    object.Set("shape", shape);
    object.Set("data", to_buffer(env, tensor.data.data(), tensor.data.size()));
    array.Set(index++, object);
  }
  return array;
}

Napi::Value to_js(Napi::Env env, const std::vector<std::string>& texts) {
  auto array = Napi::Array::New(env, texts.size());
  for (std::uint32_t i = 0; i < texts.size(); ++i) array.Set(i, texts[i]);
  return array;
}

Napi::Value to_js(Napi::Env env, const State& state) {
  auto object = Napi::Object::New(env);
  set_position(object, state.position);
  object.Set("datasetCount", static_cast<double>(state.dataset_count));
  object.Set("datasetHash", state.dataset_count > 0 ? hex(state.dataset_hash) : std::string());
  object.Set("tensors", to_js(env, state.tensors));
  return object;
}

Napi::Value to_js(Napi::Env env, const Failure& failure) {
  auto object = Napi::Object::New(env);
  object.Set("code", failure.code);
  object.Set("message", failure.message);
  return object;
}

}  // namespace dcgan
