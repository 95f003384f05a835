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

/// An attempt at an image of a request: the first one, or a further candidate.
struct Draw {
  std::int64_t image = 0;
  std::uint32_t candidate = 0;
};

/// A request for images, and how far it was served.
struct Sampling {
  std::int64_t id = 0;
  SampleRequest request;
  Reply<Images> reply;

  // The queue's.
  std::int64_t taken = 0;   // images of which the first candidate was taken
  std::vector<Draw> again;  // what is to be drawn again, and was not taken yet
  bool queued = false;
  bool cancelled = false;
  bool answered = false;  // by the queue

  // The engine's.
  Images images;
  std::int64_t finished = 0;       // images
  std::optional<Failure> failure;  // of an earlier share; the answer comes with the last

  std::int64_t waiting() const { return request.count - taken + static_cast<std::int64_t>(again.size()); }
};

/// Anything else that a model is asked for.
struct Control {
  std::function<void()> run;
  std::function<void(Failure)> reject;
};

/// Some images of one request, to be made in one forward.
struct Share {
  std::shared_ptr<Sampling> sampling;
  std::vector<Draw> draws;
  std::int64_t count() const { return static_cast<std::int64_t>(draws.size()); }
};

/// The next thing to do: a control request, or the images of one forward pass.
struct Work {
  std::unique_ptr<Control> control;
  std::vector<Share> shares;

  std::int64_t images() const {
    std::int64_t count = 0;
    for (const auto& share : shares) count += share.count();
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
  /// Takes out a request of which images wait and rejects it with ABORTED. A request of which all images are
  /// being made is answered as usual, unless some are to be drawn again.
  void cancel(std::int64_t id);
  /// Puts images of a request that was taken behind what waits, however many that is.
  void draw_again(const std::shared_ptr<Sampling>& sampling, const std::vector<Draw>& draws);
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
  std::vector<std::weak_ptr<Sampling>> in_hand_;  // whose images were taken last
  std::int64_t max_batch_;
  std::int64_t max_queue_;
  std::int64_t waiting_ = 0;
  bool closed_ = false;
  bool woken_ = false;
};

Failure disposed_failure();

}  // namespace dcgan
