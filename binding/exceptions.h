#pragma once

#include <new>

#include "contract.h"

namespace dcgan {

inline Failure failure_of(const Error& error) { return {error.code(), error.what()}; }

/// Returns the error of calls to a disposed model, and of calls that were under way when it was disposed of.
inline Error disposed() {
  return {"ERR_DCGAN_DISPOSED", "The model was disposed of. Make or load another one"};
}

/// Returns the exception that is being handled as the failure that a promise rejects with. There is no
/// parameter of type std::exception_ptr, because its functions are newer than the C++ library that the addon
/// must load with.
inline Failure caught_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return failure_of(error);
  } catch (const std::bad_alloc&) {
    return {"ERR_DCGAN_NATIVE", "Out of memory"};
  } catch (const std::exception& error) {
    return {"ERR_DCGAN_NATIVE", error.what()};
  } catch (...) {
    return {"ERR_DCGAN_NATIVE", "An exception of unknown type"};
  }
}

}  // namespace dcgan
