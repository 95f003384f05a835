#pragma once

#include <string>
#include <vector>

#include "addon/napi_setup.h"
#include "contract.h"

// JavaScript values to plain C++ and back. TypeScript has checked every option: nothing is checked again
// here.

namespace dcgan {

Config config_from(const Napi::Object& object);
SampleRequest sample_request_from(const Napi::Object& object);
EpochRequest epoch_request_from(const Napi::Object& object);
ProbeRequest probe_request_from(const Napi::Object& object);
State state_from(const Napi::Object& object);

/// ArrayBuffers of Node's own memory, not external ones: small, and safe in every runtime.
Napi::ArrayBuffer to_buffer(Napi::Env env, const void* data, std::size_t size);

Napi::Value to_js(Napi::Env env, const Done& done);
Napi::Value to_js(Napi::Env env, const std::vector<std::uint8_t>& bytes);
Napi::Value to_js(Napi::Env env, const Position& position);
Napi::Value to_js(Napi::Env env, const Stats& stats);
Napi::Value to_js(Napi::Env env, const Info& info);
Napi::Value to_js(Napi::Env env, const EpochResult& result);
Napi::Value to_js(Napi::Env env, const State& state);
Napi::Value to_js(Napi::Env env, const std::vector<HostTensor>& tensors);
/// { code, message }: the Error is made in TypeScript, in the caller's realm.
Napi::Value to_js(Napi::Env env, const Failure& failure);

}  // namespace dcgan
