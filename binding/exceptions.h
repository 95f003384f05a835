#pragma once

#include <new>

#include "contract.h"

namespace dcgan {

/// Returns the exception that is being handled as the failure that a promise rejects with. `Own` is the
/// exception type of a library, whose message `words` gives. Not by std::exception_ptr, whose functions are
/// newer than the C++ library that the addon must load with.
template <class Own, class Words>
Failure failure_in_hand(const Words& words) {
  try {
    throw;
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const Own& error) {
    return {"ERR_DCGAN_NATIVE", words(error)};
  } catch (const std::bad_alloc&) {
    return {"ERR_DCGAN_NATIVE", "Out of memory"};
  } catch (const std::exception& error) {
    return {"ERR_DCGAN_NATIVE", error.what()};
  } catch (...) {
    return {"ERR_DCGAN_NATIVE", "An exception of unknown type"};
  }
}

}  // namespace dcgan
