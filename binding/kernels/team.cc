#include "kernels/team.h"

#ifdef __wasm__

namespace dcgan::kernels {

struct Team::Worker {};
struct Team::Shared {};

Team::Team(int) {}
Team::~Team() = default;

void Team::run(int, Job job, const void* context) { job(context, 0); }

}  // namespace dcgan::kernels

#else

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "contract.h"
#include "kernels/startable_threads.h"

namespace dcgan::kernels {

namespace {

/// How long a thread waits without sleeping. The loops of a step follow one another sooner than a sleeping
/// thread wakes up.
constexpr std::chrono::microseconds kSpin{50};

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Returns whether `holds()` became true in time.
template <class Condition>
bool spin(const Condition& holds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; ++i) {
      if (holds()) return true;
      pause();
    }
  } while (Clock::now() < end);
  return holds();
}

/// Added to the number of threads in a job when no further one may join it.
constexpr int kClosed = 1 << 30;

}  // namespace

/// A condition that one thread waits for, and others signal.
class Signal {
 public:
  template <class Condition>
  void wait(const Condition& holds) {
    if (spin(holds)) return;
    std::unique_lock lock(mutex_);
    asleep_ = true;
    // `holds` is read after `asleep_` was written, and send() reads in the opposite order: no signal is lost.
    changed_.wait(lock, holds);
    asleep_ = false;
  }

  /// Called after the condition has become true.
  void send() {
    if (!asleep_) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> asleep_{false};
};

struct Team::Shared {
  Job job = nullptr;
  const void* context = nullptr;
  std::atomic<unsigned> jobs{0};      // begun so far
  std::atomic<int> entered{kClosed};  // workers that have joined the job
  std::atomic<int> left{0};           // … and have finished their share
  std::atomic<bool> stopping{false};
  Signal finished;
  std::mutex failure_mutex;
  std::string failure;  // of a worker's share; empty if there is none

  void fail(const char* message) {
    const std::lock_guard lock(failure_mutex);
    failure = message;
  }
};

struct Team::Worker {
  Signal signal;
  std::thread thread;

  void work(Shared& shared, int number) {
    for (unsigned seen = 0;;) {
      signal.wait([&] { return shared.jobs != seen || shared.stopping; });
      if (shared.stopping) return;
      seen = shared.jobs;
      // A thread that comes late joins the next job, or none.
      if (shared.entered++ >= kClosed) continue;
      try {
        shared.job(shared.context, number);
      } catch (const std::exception& error) {
        shared.fail(error.what());
      } catch (...) {
        shared.fail("An exception of unknown type");
      }
      ++shared.left;
      shared.finished.send();
    }
  }
};

Team::Team(int wanted) : shared_(std::make_unique<Shared>()) {
  start_threads(wanted, /*stack_size=*/0, [this](int threads) {
    try {
      for (; threads_ < threads; ++threads_) {
        workers_.push_back(std::make_unique<Worker>());
        auto& worker = *workers_.back();
        worker.thread =
            std::thread([&worker, &shared = *shared_, number = threads_] { worker.work(shared, number); });
      }
    } catch (const std::exception&) {  // too many threads, or too little memory
      workers_.resize(static_cast<std::size_t>(threads_ - 1));
    }
  });
}

Team::~Team() {
  shared_->stopping = true;
  for (const auto& worker : workers_) worker->signal.send();
  for (const auto& worker : workers_) worker->thread.join();
}

void Team::run(int most, Job job, const void* context) {
  auto& shared = *shared_;
  shared.failure.clear();
  shared.job = job;
  shared.context = context;
  shared.left = 0;
  shared.entered = 0;
  ++shared.jobs;
  for (int i = 0; i < std::min(most, threads_) - 1; ++i) {
    workers_[static_cast<std::size_t>(i)]->signal.send();
  }
  /// Waits for the others also if this thread's share throws: they use what it would free.
  struct Close {
    Shared& shared;
    ~Close() {
      const int entered = shared.entered.fetch_add(kClosed);
      if (entered > 0) shared.finished.wait([&] { return shared.left == entered; });
    }
  };
  {
    const Close close{shared};
    job(context, 0);
  }
  if (shared.failure.empty()) return;
  throw Error("ERR_DCGAN_NATIVE", std::exchange(shared.failure, {}));
}

}  // namespace dcgan::kernels

#endif
