#include "engine/request_queue.h"

#include <algorithm>

namespace dcgan {

Failure disposed_failure() {
  return {"ERR_DCGAN_DISPOSED", "This DCGAN was disposed: make a new one, or load a saved one"};
}

// Conditions are signalled under the lock: the thread that wakes up may destroy the queue.

void RequestQueue::push(Control control) {
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      entries_.push_back({std::make_unique<Control>(std::move(control)), nullptr});
      changed_.notify_one();
      return;
    }
  }
  control.reject(disposed_failure());
}

void RequestQueue::push(std::shared_ptr<Sampling> sampling) {
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    const auto count = sampling->request.count;
    if (closed_) {
      failure = disposed_failure();
    } else if (!sampling->request.fixed && waiting_ > 0 && waiting_ + count > max_queue_) {
      failure = {"ERR_DCGAN_OVERLOADED", std::to_string(waiting_) + " images wait already, and maxQueue is " +
                                             std::to_string(max_queue_) +
                                             ": try again later, or raise maxQueue"};
    } else {
      waiting_ += count;
      entries_.push_back({nullptr, std::move(sampling)});
      changed_.notify_one();
      return;
    }
  }
  sampling->reply(failure);
}

void RequestQueue::cancel(std::int64_t id) {
  std::shared_ptr<Sampling> taken;
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.sampling && entry.sampling->id == id;
    });
    if (found == entries_.end()) return;
    taken = std::move(found->sampling);
    waiting_ -= taken->request.count - taken->taken;
    entries_.erase(found);
  }
  taken->reply(Failure{"ABORTED", "The request was aborted before all of it was served"});
}

void RequestQueue::close() {
  std::deque<Entry> rejected;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_ = 0;
    rejected.swap(entries_);
    changed_.notify_all();
  }
  for (auto& entry : rejected) {
    if (entry.control) entry.control->reject(disposed_failure());
    if (entry.sampling) entry.sampling->reply(disposed_failure());
  }
}

bool RequestQueue::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

std::int64_t RequestQueue::waiting_images() const {
  std::lock_guard lock(mutex_);
  return waiting_;
}

bool RequestQueue::pop(Work& work, std::int64_t most) {
  std::lock_guard lock(mutex_);
  work = {};
  if (entries_.empty()) return false;
  if (entries_.front().control) {
    work.control = std::move(entries_.front().control);
    entries_.pop_front();
    return true;
  }
  std::int64_t room = std::min(max_batch_, most);
  while (room > 0 && !entries_.empty() && entries_.front().sampling) {
    const auto& sampling = entries_.front().sampling;
    const auto count = std::min(room, sampling->request.count - sampling->taken);
    work.shares.push_back({sampling, sampling->taken, count});
    sampling->taken += count;
    room -= count;
    waiting_ -= count;
    if (sampling->taken == sampling->request.count) entries_.pop_front();
  }
  return true;
}

void RequestQueue::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || woken_ || !entries_.empty(); });
  woken_ = false;
}

void RequestQueue::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

}  // namespace dcgan
