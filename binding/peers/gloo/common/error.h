#pragma once
// algorithm.h says what this folder is.
