#pragma once

#include <string>
#include <vector>

#include "addon/napi_setup.h"
#include "contract.h"

// JavaScript values to plain C++ and back.

namespace dcgan {

/// The sizes of a model that its requests are measured by.
struct Sizes {
  std::int64_t latent_dim = 0;
  std::int64_t fixed_count = 0;
  std::int64_t classes = 0;
  std::int64_t disc_steps = 1;
};

PeerPlace peers_from(const Napi::Object& object);
Config config_from(const Napi::Object& object);
SampleRequest sample_request_from(const Napi::Object& object, const Sizes& sizes);
EpochRequest epoch_request_from(const Napi::Object& object);
/// One label below `classes` for each image; none where there are no classes.
std::vector<std::uint8_t> labels_from(const Napi::Value& value, std::int64_t count, std::int64_t classes);
ProbeRequest probe_request_from(const Napi::Object& object, const Sizes& sizes);
EvaluationRequest evaluation_request_from(const Napi::Object& object, const Sizes& sizes);
std::vector<HostTensor> tensors_from(const Napi::Value& value);
State state_from(const Napi::Object& object);

/// ArrayBuffers of Node's own memory, not external ones: small, and safe in every runtime. Throws
/// std::bad_alloc where there is not so much memory.
Napi::ArrayBuffer to_buffer(Napi::Env env, const void* data, std::size_t size);

Napi::Value to_js(Napi::Env env, const Done& done);
/// 16 hexadecimal digits.
Napi::Value to_js(Napi::Env env, const Fingerprint& fingerprint);
Napi::Value to_js(Napi::Env env, const std::vector<std::uint8_t>& bytes);
/// Their values one after the other, in the order of Losses.
Napi::Value to_js(Napi::Env env, const std::vector<Losses>& losses);
Napi::Value to_js(Napi::Env env, const Images& images);
Napi::Value to_js(Napi::Env env, const Position& position);
Napi::Value to_js(Napi::Env env, const Stats& stats);
Napi::Value to_js(Napi::Env env, const Info& info);
Napi::Value to_js(Napi::Env env, const EpochResult& result);
Napi::Value to_js(Napi::Env env, const EvaluationProgress& progress);
Napi::Value to_js(Napi::Env env, const State& state);
Napi::Value to_js(Napi::Env env, const std::vector<HostTensor>& tensors);
Napi::Value to_js(Napi::Env env, const std::vector<std::string>& texts);
/// { code, message }: the Error is made in TypeScript, in the caller's realm.
Napi::Value to_js(Napi::Env env, const Failure& failure);

}  // namespace dcgan
