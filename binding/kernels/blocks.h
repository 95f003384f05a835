#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

#include "kernels/arithmetic.h"
#include "kernels/threads.h"

namespace dcgan::kernels {

/// Returns how many threads `each_block` uses. They are numbered from 0.
inline Index block_threads(Index blocks) { return std::min<Index>(blocks, at::get_num_threads()); }

/// Calls `body(block, thread)` for each block, in parallel. A single block can use all threads for its own
/// loops. A thread that has finished a block takes the next one: with fixed halves, the others would wait for
/// a thread that shares its processor.
template <class Body>
void each_block(Index blocks, const Body& body) {
  std::atomic<Index> next{0};
  const auto work = [&](Index begin, Index end) {
    for (Index thread = begin; thread < end; ++thread) {
      for (Index block = next++; block < blocks; block = next++) body(block, thread);
    }
  };
  if (blocks == 1) {
    work(0, 1);
  } else {
    at::parallel_for(0, block_threads(blocks), 1, work);
  }
}

/// Calls `task(i)` for i in [0, count), in parallel. Each task runs on one thread, so that LibTorch's results
/// in it do not depend on the number of threads.
template <class Task>
void each_alone(Index count, const Task& task) {
  // A loop over one task would run outside a parallel region, where LibTorch's operators use all threads.
  at::parallel_for(0, std::max<Index>(count, 2), 1, [&](Index begin, Index end) {
    const OneThread one_thread;
    for (Index i = begin; i < std::min(end, count); ++i) task(i);
  });
}

}  // namespace dcgan::kernels
