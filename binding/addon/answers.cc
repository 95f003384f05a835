#include "addon/answers.h"

#include <cstdio>
#include <cstring>

#include "addon/environment.h"

namespace dcgan {

namespace {

std::string hex(std::uint64_t value) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

void set_position(Napi::Object& object, const Position& position) {
  object.Set("step", static_cast<double>(position.step));
  object.Set("epoch", static_cast<double>(position.epoch));
  object.Set("batch", static_cast<double>(position.batch));
}

template <class T>
Napi::Array to_array(Napi::Env env, const std::vector<T>& values) {
  auto array = Napi::Array::New(env, values.size());
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    array.Set(i, Napi::Value::From(env, static_cast<T>(values[i])));
  }
  return array;
}

Napi::Object to_object(Napi::Env env, const Figures& figures) {
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
  object.Set("classDistances", to_array(env, figures.class_distances));
  return object;
}

Napi::Object to_object(Napi::Env env, const AccuracyScore& score) {
  auto object = Napi::Object::New(env);
  object.Set("count", static_cast<double>(score.count));
  object.Set("generated", score.generated);
  object.Set("real", score.real);
  return object;
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
  auto object = Napi::Object::New(env);
  object.Set("pixels", to_js(env, pixels));
  if (!labels.empty()) object.Set("labels", to_js(env, labels));
  if (!confidences.empty()) {
    object.Set("confidences", to_buffer(env, confidences.data(), confidences.size() * sizeof(float)));
  }
  return object;
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
  object.Set("missingThreads", stats.missing_threads);
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
  object.Set("vendor", info.vendor);
  object.Set("bfloat16", info.bfloat16);
  object.Set("cudaBfloat16", to_array(env, info.cuda_bfloat16));
  return object;
}

Napi::Value to_js(Napi::Env env, const EpochResult& result) {
  auto object = Napi::Object::New(env);
  object.Set("epoch", static_cast<double>(result.epoch));
  object.Set("finished", result.finished);
  object.Set("seconds", result.seconds);
  object.Set("batch", static_cast<double>(result.batch));
  object.Set("losses", to_js(env, result.losses));
  object.Set("captureFailure", result.capture_failure);
  return object;
}

Napi::Value to_js(Napi::Env env, const EvaluationProgress& progress) {
  auto object = Napi::Object::New(env);
  object.Set("fraction", progress.fraction);
  if (progress.finished) {
    object.Set("generated", to_object(env, progress.generated));
    object.Set("floor", to_object(env, progress.floor));
    if (progress.unseen) object.Set("unseen", to_object(env, *progress.unseen));
    if (progress.score.count > 0) object.Set("accuracyScore", to_object(env, progress.score));
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

Napi::Value to_js(Napi::Env env, const ClassifierProgress& progress) {
  auto object = Napi::Object::New(env);
  object.Set("fraction", progress.fraction);
  if (progress.finished) {
    object.Set("tensors", to_js(env, progress.tensors));
    object.Set("accuracy", progress.accuracy);
  }
  return object;
}

Napi::Value to_js(Napi::Env env, const std::vector<std::string>& texts) {
  auto array = Napi::Array::New(env, texts.size());
  for (std::uint32_t i = 0; i < texts.size(); ++i) array.Set(i, texts[i]);
  return array;
}

Napi::Value to_js(Napi::Env env, const State& state) {
  auto object = Napi::Object::New(env);
  set_position(object, state.position);
  if (state.origin.step > 0) object.Set("origin", to_js(env, state.origin));
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
