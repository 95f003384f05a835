#pragma once

// The one place that includes Node-API, and what must be defined first.

#define NAPI_VERSION 9
// Any std::exception out of a callback becomes a JavaScript Error instead of ending the process.
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL
#define NODE_ADDON_API_DISABLE_DEPRECATED
// A worker that is terminated makes every call into JavaScript fail: without this, that aborts the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS

#include <napi.h>
