#pragma once

#include <exception>

#include "contract.h"

namespace dcgan {

/// A caught exception as the failure that a promise rejects with.
Failure failure_of(const std::exception_ptr& thrown);

}  // namespace dcgan
