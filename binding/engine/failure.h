#pragma once

#include <exception>

#include "contract.h"

namespace dcgan {

/// What was thrown, with LibTorch's words without the page of backtrace that what() has.
Failure failure_of(const std::exception_ptr& thrown);

}  // namespace dcgan
