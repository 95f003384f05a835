#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/arithmetic.h"

namespace dcgan::kernels {

/// The threads that compute for one model: the model's own thread, which is number 0, and others. An idle
/// thread sleeps after a short spin, because another model may need its processor. If the process may not
/// start so many threads, the team has fewer. For WebAssembly there are no other threads.
class Team {
 public:
  using Job = void (*)(const void* context, int thread);

  explicit Team(int wanted);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int threads() const { return threads_; }

  /// Calls `job(context, thread)` on the calling thread, and on up to `most` − 1 others that are free in
  /// time. So a job must be a loop that takes the next piece of work until there is none. Returns when all
  /// calls have. Throws ERR_DCGAN_NATIVE if the job threw on another thread.
  void run(int most, Job job, const void* context);

 private:
  struct Worker;
  struct Shared;

  int threads_ = 1;
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// The place of a thread in its team.
struct Seat {
  Team* team = nullptr;  // null inside a job, where loops run on one thread, and outside of any team
  int threads = 1;
  int number = 0;
};
inline thread_local Seat current_seat;

/// While it exists, the calling thread has this seat.
class SeatScope {
 public:
  explicit SeatScope(Seat seat) : before_(current_seat) { current_seat = seat; }
  ~SeatScope() { current_seat = before_; }
  SeatScope(const SeatScope&) = delete;
  SeatScope& operator=(const SeatScope&) = delete;

 private:
  Seat before_;
};

/// While it exists, the loops of the calling thread run on this team.
class TeamScope : public SeatScope {
 public:
  explicit TeamScope(Team& team) : SeatScope({&team, team.threads(), 0}) {}
};

/// Returns the number of threads that a loop may use, and the number of the calling thread among them, from
/// 0.
inline int thread_count() { return current_seat.threads; }
inline int thread_number() { return current_seat.number; }

/// Calls `body(i)` for i in [0, count), in parallel. A thread takes pieces until none is left, smaller ones
/// towards the end: with fixed halves, the others would wait for a thread that shares its processor. The body
/// of a single piece may itself use all threads.
template <class Body>
void each(Index count, const Body& body) {
  Team* team = current_seat.team;
  const int threads = thread_count();
  if (count <= 1 || team == nullptr || threads == 1) {
    for (Index i = 0; i < count; ++i) body(i);
    return;
  }
  struct Loop {
    const Body& body;
    const Index count;
    const int threads;
    mutable std::atomic<Index> next{0};
  };
  const Loop loop{body, count, threads};
  const auto job = [](const void* context, int thread) {
    const auto& [body, count, threads, next] = *static_cast<const Loop*>(context);
    const SeatScope scope({nullptr, threads, thread});
    for (;;) {
      Index begin = next.load(std::memory_order_relaxed), end;
      do {
        if (begin >= count) return;
        end = begin + std::max<Index>(1, (count - begin) / (4 * threads));
      } while (!next.compare_exchange_weak(begin, end, std::memory_order_relaxed));
      for (Index i = begin; i < end; ++i) body(i);
    }
  };
  team->run(static_cast<int>(std::min<Index>(count, threads)), job, &loop);
}

/// Divides [0, count) into one range per thread, and calls `body(begin, end)` for each, in parallel.
template <class Body>
void each_range(Index count, const Body& body) {
  const Index ranges = current_seat.team == nullptr ? 1 : std::min<Index>(count, thread_count());
  each(ranges, [&](Index i) { body(i * count / ranges, (i + 1) * count / ranges); });
}

/// Divides [0, count) into pieces for loops over memory, and calls `body(begin, end)` for each, in parallel.
template <class Body>
void each_piece(Index count, const Body& body) {
  constexpr Index kPiece = 16384;
  each((count + kPiece - 1) / kPiece, [&](Index i) { body(i * kPiece, std::min(count, (i + 1) * kPiece)); });
}

}  // namespace dcgan::kernels
