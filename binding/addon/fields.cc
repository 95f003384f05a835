#include "addon/fields.h"

#include <cmath>

#include "contract.h"

namespace dcgan {

namespace {

[[noreturn]] void refuse(const char* key, const std::string& expected) {
  throw Error("ERR_DCGAN_INVALID_ARGUMENT", "Expected " + expected + " for " + key);
}

Napi::TypedArray typed_array(const Napi::Value& value, const char* key, napi_typedarray_type type) {
  if (value.IsTypedArray()) {
    const auto array = value.As<Napi::TypedArray>();
    if (array.TypedArrayType() == type) return array;
  }
  refuse(key, type == napi_float32_array ? "a Float32Array" : "a Uint8Array");
}

void check_length(const char* key, std::size_t found, std::int64_t expected) {
  if (found == static_cast<std::size_t>(expected)) return;
  refuse(key, std::to_string(expected) + " elements, but found " + std::to_string(found) + ",");
}

template <class T, class Array>
std::vector<T> copy(const Napi::TypedArray& value, const char* key, std::int64_t length) {
  const auto array = value.As<Array>();
  check_length(key, array.ElementLength(), length);
  return {array.Data(), array.Data() + array.ElementLength()};
}

}  // namespace

std::int64_t integer(const Napi::Value& value, const char* key, std::int64_t min, std::int64_t max) {
  const double given = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  // The comparisons are false for NaN. A cast of a number beyond the bounds would be undefined behaviour.
  if (given >= static_cast<double>(min) && given <= static_cast<double>(max) && given == std::floor(given)) {
    return static_cast<std::int64_t>(given);
  }
  refuse(key, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
}

std::int64_t integer(const Napi::Object& object, const char* key, std::int64_t min, std::int64_t max) {
  return integer(object.Get(key), key, min, max);
}

double number(const Napi::Value& value, const char* key) {
  if (!value.IsNumber()) refuse(key, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

double number(const Napi::Object& object, const char* key) { return number(object.Get(key), key); }

bool boolean(const Napi::Object& object, const char* key) {
  const auto value = object.Get(key);
  if (!value.IsBoolean()) refuse(key, "true or false");
  return value.As<Napi::Boolean>().Value();
}

std::string text(const Napi::Object& object, const char* key) {
  const auto value = object.Get(key);
  if (!value.IsString()) refuse(key, "a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Object object(const Napi::Value& value, const char* key) {
  if (!value.IsObject()) refuse(key, "an object");
  return value.As<Napi::Object>();
}

std::vector<float> floats(const Napi::Value& value, const char* key, std::int64_t length) {
  return copy<float, Napi::Float32Array>(typed_array(value, key, napi_float32_array), key, length);
}

std::vector<std::uint8_t> bytes(const Napi::Value& value, const char* key, std::int64_t length) {
  return copy<std::uint8_t, Napi::Uint8Array>(typed_array(value, key, napi_uint8_array), key, length);
}

Bytes buffer(const Napi::Value& value, const char* key, std::int64_t length) {
  if (!value.IsArrayBuffer()) refuse(key, "an ArrayBuffer");
  auto data = value.As<Napi::ArrayBuffer>();
  check_length(key, data.ByteLength(), length);
  const auto* begin = static_cast<const std::byte*>(data.Data());
  return {begin, begin + data.ByteLength()};
}

std::int64_t length_of(const Napi::Value& array, const char* key) {
  if (!array.IsTypedArray()) refuse(key, "a typed array");
  return static_cast<std::int64_t>(array.As<Napi::TypedArray>().ElementLength());
}

}  // namespace dcgan
