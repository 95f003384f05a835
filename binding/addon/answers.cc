#include "addon/answers.h"

#include <cstdio>
#include <cstring>
#include <type_traits>

#include "addon/environment.h"

namespace dcgan {

namespace {

std::string hex(std::uint64_t value) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

template <class T>
Napi::Value to_value(Napi::Env env, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return Napi::Boolean::New(env, value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return Napi::Number::New(env, static_cast<double>(value));
  } else if constexpr (std::is_convertible_v<T, std::string>) {
    return Napi::String::New(env, value);
  } else if constexpr (std::is_convertible_v<T, Napi::Value>) {
    return value;
  } else {
    return to_js(env, value);
  }
}

template <class T>
Napi::Array array_of(Napi::Env env, const std::vector<T>& values) {
  auto array = Napi::Array::New(env, values.size());
  for (std::uint32_t i = 0; i < values.size(); ++i) array.Set(i, to_value(env, static_cast<T>(values[i])));
  return array;
}

/// Sets properties: a key, its value, the next key, and so on.
template <class T, class... Rest>
void set(Napi::Object& object, const char* key, const T& value, const Rest&... rest) {
  object.Set(key, to_value(object.Env(), value));
  if constexpr (sizeof...(rest) > 0) set(object, rest...);
}

template <class... Properties>
Napi::Object object_of(Napi::Env env, const Properties&... properties) {
  auto object = Napi::Object::New(env);
  set(object, properties...);
  return object;
}

Napi::Object to_object(Napi::Env env, const Figures& figures) {
  return object_of(env, "count", figures.count, "frechetDistance", figures.frechet_distance, "precision",
                   figures.precision, "recall", figures.recall, "density", figures.density, "coverage",
                   figures.coverage, "confidence", figures.confidence, "classShares",
                   array_of(env, figures.class_shares), "labelAccuracy", figures.label_accuracy,
                   "labelAccuracies", array_of(env, figures.label_accuracies), "classDistances",
                   array_of(env, figures.class_distances));
}

}  // namespace

Napi::ArrayBuffer to_buffer(Napi::Env env, const void* data, std::size_t size) {
  auto buffer = Environment::of(env)->new_buffer(env, size);
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
  const auto& [pixels, labels, confidences] = images;
  auto object = object_of(env, "pixels", pixels);
  if (!labels.empty()) set(object, "labels", labels);
  if (!confidences.empty()) {
    set(object, "confidences", to_buffer(env, confidences.data(), confidences.size() * sizeof(float)));
  }
  return object;
}

Napi::Value to_js(Napi::Env env, const Position& position) {
  return object_of(env, "step", position.step, "epoch", position.epoch, "batch", position.batch);
}

Napi::Value to_js(Napi::Env env, const Stats& stats) {
  return object_of(env, "waiting", stats.waiting, "served", stats.served, "forwards", stats.forwards,
                   "lastBatch", stats.last_batch, "missingThreads", stats.missing_threads);
}

Napi::Value to_js(Napi::Env env, const Info& info) {
  const auto fused = object_of(env, "float32", info.fused_float32, "bfloat16", info.fused_bfloat16);
  return object_of(env, "libtorch", info.libtorch, "cuda", info.cuda, "cudaDevices", info.cuda_devices,
                   "threads", info.threads, "cpuCapability", info.cpu_capability, "fusedStep", fused, "level",
                   info.level, "vendor", info.vendor, "bfloat16", info.bfloat16, "cudaBfloat16",
                   array_of(env, info.cuda_bfloat16));
}

Napi::Value to_js(Napi::Env env, const EpochResult& result) {
  return object_of(env, "epoch", result.epoch, "finished", result.finished, "seconds", result.seconds,
                   "batch", result.batch, "losses", result.losses, "captureFailure", result.capture_failure);
}

Napi::Value to_js(Napi::Env env, const EvaluationProgress& progress) {
  auto object = object_of(env, "fraction", progress.fraction);
  if (!progress.finished) return object;
  set(object, "generated", to_object(env, progress.generated), "floor", to_object(env, progress.floor));
  if (progress.unseen) set(object, "unseen", to_object(env, *progress.unseen));
  if (const auto& [count, generated, real] = progress.score; count > 0) {
    set(object, "accuracyScore", object_of(env, "count", count, "generated", generated, "real", real));
  }
  return object;
}

Napi::Value to_js(Napi::Env env, const std::vector<HostTensor>& tensors) { return array_of(env, tensors); }

Napi::Value to_js(Napi::Env env, const HostTensor& tensor) {
  return object_of(env, "name", tensor.name, "dtype", tensor.dtype, "shape", array_of(env, tensor.shape),
                   "data", to_buffer(env, tensor.data.data(), tensor.data.size()));
}

Napi::Value to_js(Napi::Env env, const ClassifierProgress& progress) {
  auto object = object_of(env, "fraction", progress.fraction);
  if (progress.finished) set(object, "tensors", progress.tensors, "accuracy", progress.accuracy);
  return object;
}

Napi::Value to_js(Napi::Env env, const std::vector<std::string>& texts) { return array_of(env, texts); }

Napi::Value to_js(Napi::Env env, const State& state) {
  const auto& [step, epoch, batch] = state.position;
  auto object = object_of(env, "step", step, "epoch", epoch, "batch", batch, "datasetCount",
                          state.dataset_count, "datasetHash",
                          state.dataset_count > 0 ? hex(state.dataset_hash) : "", "tensors", state.tensors);
  if (state.origin.step > 0) set(object, "origin", state.origin);
  return object;
}

Napi::Value to_js(Napi::Env env, const Failure& failure) {
  return object_of(env, "code", failure.code, "message", failure.message);
}

}  // namespace dcgan
