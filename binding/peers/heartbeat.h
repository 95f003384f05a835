#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "peers/c10d.h"

namespace dcgan {

/// Finds out whether the other processes of a run are alive. A thread of each process takes part in a small
/// sum several times per second. The sum fails if a process ends, is stopped or loses its connection. It does
/// not fail if a process writes a file, evaluates or computes a long step.
class Heartbeat {
 public:
  /// `backend`: its operations fail after the time that a process may take to answer.
  explicit Heartbeat(BackendPtr backend);
  /// Announces that this process leaves. Takes less than a second if they are alive.
  ~Heartbeat();

  /// Returns why the run is over; empty while all processes take part.
  std::string over() const;

 private:
  void run();
  /// Returns true if a process leaves.
  bool beat(bool leaving);

  BackendPtr backend_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool leaving_ = false;
  std::string over_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace dcgan
