#include "addon/failure.h"

#include "addon/napi_setup.h"
#include "exceptions.h"

namespace dcgan {

Failure current_failure() {
  try {
    throw;
  } catch (const Napi::Error& error) {
    return {"ERR_DCGAN_NATIVE", error.Message()};
  } catch (...) {
    return caught_failure();
  }
}

}  // namespace dcgan
