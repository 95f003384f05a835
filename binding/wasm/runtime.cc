// The part of the C++ library that our code needs in WebAssembly. The compiler's own would add printf and
// imports, only to report failures that cannot happen here, except when memory runs out. A failure stops the
// module.

#include <cstdlib>
#include <new>
#include <string>

#include "contract.h"

template class std::basic_string<char>;
template std::string std::operator+(const char*, const std::string&);

void std::__libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }

extern "C" [[noreturn]] void __cxa_pure_virtual() { __builtin_trap(); }

static void* given(void* memory) {
  if (memory == nullptr) __builtin_trap();
  return memory;
}

void* operator new(std::size_t bytes) { return given(std::malloc(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return given(std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }

/// Throws a DcganError in JavaScript (lib/wasm/instance.ts).
extern "C" __attribute__((import_module("dcgan"), import_name("fail"))) [[noreturn]] void dcgan_fail(
    const char* code, std::size_t code_length, const char* message, std::size_t message_length);

void dcgan::fail(const std::string& code, const std::string& message) {
  dcgan_fail(code.data(), code.size(), message.data(), message.size());
}
