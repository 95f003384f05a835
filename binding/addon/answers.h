#pragma once

#include <string>
#include <vector>

#include "addon/napi_setup.h"
#include "contract.h"

// Writers of answers: from plain C++ to JavaScript values.

namespace dcgan {

/// Copies bytes into an ArrayBuffer. It is not an external one, because some runtimes refuse those. Throws
/// std::bad_alloc if memory is short.
Napi::ArrayBuffer to_buffer(Napi::Env env, const void* data, std::size_t size);

Napi::Value to_js(Napi::Env env, const Done& done);
/// Returns 16 hexadecimal digits.
Napi::Value to_js(Napi::Env env, const Fingerprint& fingerprint);
Napi::Value to_js(Napi::Env env, const std::vector<std::uint8_t>& bytes);
/// Returns a buffer of the members of all Losses, in their order.
Napi::Value to_js(Napi::Env env, const std::vector<Losses>& losses);
Napi::Value to_js(Napi::Env env, const Images& images);
Napi::Value to_js(Napi::Env env, const Position& position);
Napi::Value to_js(Napi::Env env, const Stats& stats);
Napi::Value to_js(Napi::Env env, const Info& info);
Napi::Value to_js(Napi::Env env, const EpochResult& result);
Napi::Value to_js(Napi::Env env, const EvaluationProgress& progress);
Napi::Value to_js(Napi::Env env, const ClassifierProgress& progress);
Napi::Value to_js(Napi::Env env, const State& state);
Napi::Value to_js(Napi::Env env, const std::vector<HostTensor>& tensors);
Napi::Value to_js(Napi::Env env, const std::vector<std::string>& texts);
/// Returns { code, message }. TypeScript makes the Error, so that it belongs to the caller's realm.
Napi::Value to_js(Napi::Env env, const Failure& failure);

}  // namespace dcgan
