#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "peers/c10d.h"

namespace dcgan {

/// Tells whether the other processes of a run are alive, whatever else they do: a thread of each takes part
/// in a small sum several times a second. A process that ends, is stopped or loses its connection makes that
/// sum fail; one that writes a file, evaluates or computes a long step does not.
class Pulse {
 public:
  /// An operation of `backend` fails after the time that a process may take to answer.
  explicit Pulse(BackendPtr backend);
  /// Takes leave of the others, in less than a second where they are alive.
  ~Pulse();

  /// Why the run is over; empty while all processes are in it.
  std::string over() const;

 private:
  void run();
  /// Returns whether a process leaves.
  bool beat(bool leaving);

  BackendPtr backend_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool leaving_ = false;
  std::string over_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace dcgan
