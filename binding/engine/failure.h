#pragma once

#include "contract.h"

namespace dcgan {

/// Returns the exception that is being handled as a failure: LibTorch's message without the page of backtrace
/// that what() has.
Failure engine_failure();

}  // namespace dcgan
