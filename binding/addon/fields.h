#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "addon/napi_setup.h"

// Readers of what JavaScript hands over. TypeScript has checked every option; these check again what memory
// depends on: each value's type, that a number is an integer within its bounds, and how long an array really
// is. They throw ERR_DCGAN_INVALID_ARGUMENT.

namespace dcgan {

/// Bounds that keep the product of any three sizes within 64 bits. What a user may ask for is lib/'s to say.
inline constexpr std::int64_t kMaxSize = std::int64_t{1} << 20;
/// The largest integer that a JavaScript number holds exactly.
inline constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;

std::int64_t integer(const Napi::Value& value, const char* key, std::int64_t min, std::int64_t max);
std::int64_t integer(const Napi::Object& object, const char* key, std::int64_t min, std::int64_t max);
double number(const Napi::Value& value, const char* key);
double number(const Napi::Object& object, const char* key);
bool boolean(const Napi::Object& object, const char* key);
std::string text(const Napi::Object& object, const char* key);
Napi::Object object(const Napi::Value& value, const char* key);

/// Copies of arrays whose length is what the request says.
std::vector<float> floats(const Napi::Value& value, const char* key, std::int64_t length);
std::vector<std::uint8_t> bytes(const Napi::Value& value, const char* key, std::int64_t length);
std::vector<std::byte> buffer(const Napi::Value& value, const char* key, std::int64_t length);

/// How many elements an array really has: 0 where its buffer was detached or shrunk away under it.
std::int64_t length_of(const Napi::Value& array, const char* key);

}  // namespace dcgan
