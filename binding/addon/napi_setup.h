#pragma once

// The only include of Node-API, with the macros that must be defined before it.

#define NAPI_VERSION 9
// A std::exception from a callback becomes a JavaScript Error instead of ending the process.
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL
#define NODE_ADDON_API_DISABLE_DEPRECATED
// In a worker that is being terminated, every call into JavaScript fails. Without this, that aborts the
// process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS

#include <napi.h>
