#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "contract.h"

namespace dcgan {

/// A request for images, and how far it was served.
struct Sampling {
  std::int64_t id = 0;
  SampleRequest request;
  Reply<std::vector<std::uint8_t>> reply;
  std::int64_t taken = 0;
  std::vector<std::uint8_t> pixels;
  std::optional<Failure> failure;  // of an earlier share; the answer comes with the last
};

/// Anything else that a model is asked for.
struct Control {
  std::function<void()> run;
  std::function<void(Failure)> reject;
};

/// Some images of one request, to be made in one forward.
struct Share {
  std::shared_ptr<Sampling> sampling;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// The next thing to do: a control request, or the images of one forward pass.
struct Work {
  std::unique_ptr<Control> control;
  std::vector<Share> shares;

  std::int64_t images() const {
    std::int64_t count = 0;
    for (const auto& share : shares) count += share.count;
    return count;
  }
};

/// What waits for a model's thread, in the order in which it came. Requests for images that stand next to
/// each other are served by one forward of at most `max_batch` images.
class RequestQueue {
 public:
  RequestQueue(std::int64_t max_batch, std::int64_t max_queue)
      : max_batch_(max_batch), max_queue_(max_queue) {}

  void push(Control control);
  /// Rejects at once with ERR_DCGAN_OVERLOADED when other images wait and these would be too many. The fixed
  /// latents, which a training run's pictures need, are always let in.
  void push(std::shared_ptr<Sampling> sampling);
  /// Takes out a request of which images wait and rejects it with ABORTED. Only the share with its last image
  /// answers a request, so one that is being made does not.
  void cancel(std::int64_t id);
  /// Rejects all that waits and all that will come with ERR_DCGAN_DISPOSED.
  void close();
  bool closed() const;

  std::int64_t waiting_images() const;

  /// Takes the next work; false when there is none. The images of one forward pass are at most `most`, and at
  /// most max_batch.
  bool pop(Work& work, std::int64_t most = std::numeric_limits<std::int64_t>::max());
  /// Waits for an entry, for close(), or for wake().
  void wait();
  /// Ends a wait() from another thread.
  void wake();

 private:
  struct Entry {
    std::unique_ptr<Control> control;
    std::shared_ptr<Sampling> sampling;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  std::int64_t max_batch_;
  std::int64_t max_queue_;
  std::int64_t waiting_ = 0;
  bool closed_ = false;
  bool woken_ = false;
};

Failure disposed_failure();

}  // namespace dcgan
