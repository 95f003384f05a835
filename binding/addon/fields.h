#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "addon/napi_setup.h"
#include "pages.h"

// Readers of JavaScript values. TypeScript has checked every option. These functions check again whatever
// memory safety depends on: the type of a value, the bounds of an integer, the real length of an array. They
// throw ERR_DCGAN_INVALID_ARGUMENT.

namespace dcgan {

/// The largest size: the product of any three sizes fits into 64 bits. lib/ has the limits for users.
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

/// Return copies of arrays, which must have this length.
std::vector<float> floats(const Napi::Value& value, const char* key, std::int64_t length);
std::vector<std::uint8_t> bytes(const Napi::Value& value, const char* key, std::int64_t length);
Bytes buffer(const Napi::Value& value, const char* key, std::int64_t length);

/// Returns the real number of elements: 0 if the array's buffer was detached or is now too small for it.
std::int64_t length_of(const Napi::Value& array, const char* key);

}  // namespace dcgan
