#include "engine/failure.h"

#include <c10/util/Exception.h>

#include <new>

namespace dcgan {

Failure failure_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const c10::Error& error) {
    return {"ERR_DCGAN_NATIVE", error.what_without_backtrace()};
  } catch (const std::bad_alloc&) {
    return {"ERR_DCGAN_NATIVE", "Out of memory"};
  } catch (const std::exception& error) {
    return {"ERR_DCGAN_NATIVE", error.what()};
  } catch (...) {
    return {"ERR_DCGAN_NATIVE", "An exception of unknown type"};
  }
}

}  // namespace dcgan
