#include "addon/failure.h"

#include <new>

#include "addon/napi_setup.h"

namespace dcgan {

Failure current_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const Napi::Error& error) {
    return {"ERR_DCGAN_NATIVE", error.Message()};
  } catch (const std::bad_alloc&) {
    return {"ERR_DCGAN_NATIVE", "Out of memory"};
  } catch (const std::exception& error) {
    return {"ERR_DCGAN_NATIVE", error.what()};
  } catch (...) {
    return {"ERR_DCGAN_NATIVE", "An exception of unknown type"};
  }
}

}  // namespace dcgan
