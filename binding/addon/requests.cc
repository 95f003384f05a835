#include "addon/requests.h"

#include <algorithm>
#include <charconv>

#include "addon/fields.h"

namespace dcgan {

namespace {

constexpr int kMaxThreads = 1024;
constexpr std::int64_t kMaxDiscSteps = 100;
constexpr int kMaxPeers = 65536;
constexpr int kMaxPort = 65535;
constexpr std::uint32_t kMaxDimensions = 8;
/// The largest tensor, in bytes: more than any machine has, and far below the limit of 64 bits.
constexpr std::int64_t kMaxTensorBytes = std::int64_t{1} << 48;

std::uint64_t seed(const Napi::Object& object) {
  return static_cast<std::uint64_t>(integer(object, "seed", 0, kMaxInteger));
}

/// Reads minConfidence. The classifier's results are indexed by label, and given latent vectors are not
/// drawn.
double min_confidence(const Napi::Object& object) {
  if (boolean(object, "fixed") || !object.Get("latents").IsNull()) {
    throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected no minConfidence next to given latents");
  }
  return number(object, "minConfidence");
}

Precision precision_of(const std::string& name) {
  if (name == "bfloat16") return Precision::kBFloat16;
  if (name == "plain-bfloat16") return Precision::kPlainBFloat16;
  return name == "float64" ? Precision::kFloat64 : Precision::kFloat32;
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

RunsOn runs_on_from(const Napi::Object& object) {
  return {text(object, "device"), precision_of(text(object, "precision")),
          precision_of(text(object, "imagePrecision"))};
}

Config config_from(const Napi::Object& object) {
  Config config;
  static_cast<RunsOn&>(config) = runs_on_from(object);
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
  config.mismatch = by_epoch(object, "mismatch");
  config.dropout = number(object, "dropout");
  config.label_smoothing = number(object, "labelSmoothing");
  config.disc_steps = integer(object, "discSteps", 1, kMaxDiscSteps);
  config.ema_decay = number(object, "emaDecay");
  config.max_batch = integer(object, "maxBatch", 1, kMaxSize);
  config.max_queue = integer(object, "maxQueue", 1, kMaxSize);
  const auto peers = object.Get("peers");
  if (peers.IsObject()) config.peers = peers_from(peers.As<Napi::Object>());
  config.steps_together = integer(object, "stepsTogether", 0, kMaxSize);
  config.step = text(object, "kernels") == "plain" ? StepKind::kPlain : StepKind::kAuto;
  return config;
}

/// Returns no labels if none are given: they are then drawn where the request is served.
static std::vector<std::uint8_t> labels_if_any(const Napi::Object& object, const char* key,
                                               std::int64_t count, std::int64_t classes) {
  const auto labels = object.Get(key);
  return labels.IsUndefined() ? std::vector<std::uint8_t>() : labels_from(labels, count, classes);
}

SampleRequest sample_request_from(const Napi::Object& object, const Sizes& sizes) {
  SampleRequest request;
  request.fixed = boolean(object, "fixed");
  // The fixed latent vectors are read by index, so there must be as many as the model has.
  request.count = request.fixed ? integer(object, "count", sizes.fixed_count, sizes.fixed_count)
                                : integer(object, "count", 1, kMaxSize);
  request.seed = seed(object);
  request.first = static_cast<std::uint64_t>(integer(object, "first", 0, kMaxInteger));
  request.one_label = object.Get("oneLabel").ToBoolean();
  const auto latents = object.Get("latents");
  if (!latents.IsNull()) request.latents = floats(latents, "latents", request.count * sizes.latent_dim);
  if (!request.fixed) request.labels = labels_if_any(object, "labels", request.count, sizes.classes);
  request.truncation = static_cast<float>(number(object, "truncation"));
  if (!object.Get("minConfidence").IsUndefined()) request.min_confidence = min_confidence(object);
  return request;
}

EpochRequest epoch_request_from(const Napi::Object& object) {
  return {integer(object, "snapshotEvery", 0, kMaxInteger),
          integer(object, "checkpointEvery", 0, kMaxInteger), integer(object, "maxSteps", 0, kMaxInteger),
          object.Get("restart").ToBoolean()};
}

static TrainingSet images_from(const Napi::Object& object) {
  TrainingSet set;
  set.count = integer(object, "count", 1, kMaxInteger / kImagePixels);
  set.images = bytes(object.Get("images"), "images", set.count * kImagePixels);
  const auto labels = object.Get("labels");
  if (!labels.IsNull()) set.labels = bytes(labels, "labels", set.count);
  return set;
}

TrainingSet labelled_images_from(const Napi::Object& object, std::int64_t classes) {
  auto set = images_from(object);
  set.labels = labels_from(object.Get("labels"), set.count, classes);
  return set;
}

EvaluationRequest evaluation_request_from(const Napi::Object& object, const Sizes& sizes) {
  EvaluationRequest request;
  request.count = integer(object, "count", 2, kMaxSize);
  request.seed = seed(object);
  request.labels = labels_if_any(object, "labels", request.count, sizes.classes);
  request.real = images_from(dcgan::object(object.Get("real"), "real"));
  request.pool = images_from(dcgan::object(object.Get("pool"), "pool"));
  request.unseen = boolean(object, "unseen");
  request.score_count = integer(object, "scoreCount", 0, sizes.classes == 0 ? 0 : kMaxSize);
  return request;
}

ProbeRequest probe_request_from(const Napi::Object& object, const Sizes& sizes) {
  const auto images = object.Get("images");
  const auto count = length_of(images, "images") / kImagePixels;
  return {floats(object.Get("latents"), "latents", sizes.disc_steps * count * sizes.latent_dim),
          bytes(images, "images", count * kImagePixels),
          labels_from(object.Get("labels"), count, sizes.classes),
          labels_if_any(object, "otherLabels", sizes.disc_steps * count, sizes.classes)};
}

std::vector<std::uint8_t> labels_from(const Napi::Value& value, std::int64_t count, std::int64_t classes) {
  if (classes == 0) return {};
  auto labels = bytes(value, "labels", count);
  if (std::any_of(labels.begin(), labels.end(), [&](std::uint8_t label) { return label >= classes; })) {
    throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected labels below " + std::to_string(classes));
  }
  return labels;
}

static Position position_from(const Napi::Object& object) {
  return {integer(object, "step", 0, kMaxInteger), integer(object, "epoch", 0, kMaxInteger),
          integer(object, "batch", 0, kMaxInteger)};
}

State state_from(const Napi::Object& object) {
  State state;
  state.position = position_from(object);
  if (const auto origin = object.Get("origin"); origin.IsObject()) {
    state.origin = position_from(origin.As<Napi::Object>());
  }
  state.dataset_count = integer(object, "datasetCount", 0, kMaxInteger);
  state.dataset_hash = from_hex(text(object, "datasetHash"));
  state.tensors = tensors_from(object.Get("tensors"));
  return state;
}

void detach_tensors(const Napi::Object& object) {
  const auto tensors = object.Get("tensors").As<Napi::Array>();
  for (std::uint32_t i = 0; i < tensors.Length(); ++i) {
    // Two tensors may have one buffer. Detaching it twice is no error.
    const auto data = tensors.Get(i).As<Napi::Object>().Get("data");
    if (data.IsArrayBuffer()) data.As<Napi::ArrayBuffer>().Detach();
  }
}

std::vector<HostTensor> tensors_from(const Napi::Value& value) {
  const auto array = object(value, "tensors").As<Napi::Array>();
  const auto count = integer(array.Get("length"), "tensors.length", 0, kMaxSize);
  std::vector<HostTensor> tensors;
  for (std::uint32_t i = 0; i < count; ++i) tensors.push_back(tensor_from(object(array.Get(i), "a tensor")));
  return tensors;
}

}  // namespace dcgan
