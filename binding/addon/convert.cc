#include "addon/convert.h"

#include <cstdio>
#include <cstring>

namespace dcgan {

namespace {

std::int64_t integer(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().Int64Value();
}

double number(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().DoubleValue();
}

std::string text(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::String>().Utf8Value();
}

std::vector<float> floats(const Napi::Value& value) {
  if (!value.IsTypedArray()) return {};
  const auto array = value.As<Napi::Float32Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
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

}  // namespace

Config config_from(const Napi::Object& object) {
  Config config;
  config.device = text(object, "device");
  config.precision = precision_of(text(object, "precision"));
  config.threads = static_cast<int>(integer(object, "threads"));
  config.seed = static_cast<std::uint64_t>(integer(object, "seed"));
  config.batch_size = integer(object, "batchSize");
  config.latent_dim = integer(object, "latentDim");
  config.fixed_count = integer(object, "fixedCount");
  config.disc_lr = number(object, "discLr");
  config.gen_lr = number(object, "genLr");
  config.beta1 = number(object, "beta1");
  config.beta2 = number(object, "beta2");
  config.dropout = number(object, "dropout");
  config.ema_decay = number(object, "emaDecay");
  config.max_batch = integer(object, "maxBatch");
  config.max_queue = integer(object, "maxQueue");
  config.step = text(object, "step") == "plain" ? StepKind::kPlain : StepKind::kAuto;
  return config;
}

SampleRequest sample_request_from(const Napi::Object& object) {
  SampleRequest request;
  request.count = integer(object, "count");
  request.seed = static_cast<std::uint64_t>(integer(object, "seed"));
  request.latents = floats(object.Get("latents"));
  request.fixed = object.Get("fixed").As<Napi::Boolean>().Value();
  return request;
}

EpochRequest epoch_request_from(const Napi::Object& object) {
  return {integer(object, "snapshotEvery"), integer(object, "checkpointEvery")};
}

ProbeRequest probe_request_from(const Napi::Object& object) {
  const auto images = object.Get("images").As<Napi::Uint8Array>();
  return {floats(object.Get("latents")), {images.Data(), images.Data() + images.ElementLength()}};
}

State state_from(const Napi::Object& object) {
  State state;
  state.position = {integer(object, "step"), integer(object, "epoch"), integer(object, "batch")};
  state.dataset_count = integer(object, "datasetCount");
  const auto hash = text(object, "datasetHash");
  state.dataset_hash = hash.empty() ? 0 : std::stoull(hash, nullptr, 16);
  const auto tensors = object.Get("tensors").As<Napi::Array>();
  for (std::uint32_t i = 0; i < tensors.Length(); ++i) {
    const auto item = tensors.Get(i).As<Napi::Object>();
    HostTensor tensor{text(item, "name"), text(item, "dtype"), {}, {}};
    const auto shape = item.Get("shape").As<Napi::Array>();
    for (std::uint32_t d = 0; d < shape.Length(); ++d) {
      tensor.shape.push_back(shape.Get(d).As<Napi::Number>().Int64Value());
    }
    auto data = item.Get("data").As<Napi::ArrayBuffer>();
    const auto* bytes = static_cast<const std::byte*>(data.Data());
    tensor.data.assign(bytes, bytes + data.ByteLength());
    state.tensors.push_back(std::move(tensor));
  }
  return state;
}

Napi::ArrayBuffer to_buffer(Napi::Env env, const void* data, std::size_t size) {
  auto buffer = Napi::ArrayBuffer::New(env, size);
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return buffer;
}

Napi::Value to_js(Napi::Env env, const Done&) { return env.Undefined(); }

Napi::Value to_js(Napi::Env env, const std::vector<std::uint8_t>& bytes) {
  return to_buffer(env, bytes.data(), bytes.size());
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
  object.Set("discLosses",
             to_buffer(env, result.disc_losses.data(), result.disc_losses.size() * sizeof(float)));
  object.Set("genLosses", to_buffer(env, result.gen_losses.data(), result.gen_losses.size() * sizeof(float)));
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
