#pragma once
// LibTorch ships ProcessGroupGloo.hpp without the headers of Gloo that it includes. This folder declares what
// that header names of Gloo: LibTorch's own library holds the code, and nothing here is derived from or made.
