#include "engine/request_queue.h"

#include <algorithm>

#include "exceptions.h"

namespace dcgan {

static Failure aborted_failure() {
  return {"ABORTED", "The request was aborted before all of it was served"};
}

/// Takes the next draws of a request. Images that are drawn again come first, so that few of them wait.
static std::vector<Draw> take(Sampling& sampling, std::int64_t count) {
  std::vector<Draw> draws;
  auto& again = sampling.again;
  for (; count > 0 && !again.empty(); --count) {
    draws.push_back(again.back());
    again.pop_back();
  }
  for (; count > 0; --count) draws.push_back({sampling.taken++, 0});
  return draws;
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
  control.reject(failure_of(disposed()));
}

void RequestQueue::push(std::shared_ptr<Sampling> sampling) {
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    const auto count = sampling->request.count;
    if (closed_) {
      failure = failure_of(disposed());
    } else if (!sampling->request.fixed && waiting_ > 0 && waiting_ + count > max_queue_) {
      failure = {"ERR_DCGAN_OVERLOADED", std::to_string(waiting_) + " images wait already, and maxQueue is " +
                                             std::to_string(max_queue_) +
                                             ": try again later, or raise maxQueue"};
    } else {
      waiting_ += count;
      sampling->queued = true;
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
    if (found == entries_.end()) {
      for (const auto& held : in_hand_) {
        if (const auto sampling = held.lock(); sampling && sampling->id == id) sampling->cancelled = true;
      }
      return;
    }
    taken = std::move(found->sampling);
    taken->answered = true;
    waiting_ -= taken->waiting();
    entries_.erase(found);
  }
  taken->reply(aborted_failure());
}

void RequestQueue::draw_again(const std::shared_ptr<Sampling>& sampling, const std::vector<Draw>& draws) {
  Failure failure;
  {
    std::lock_guard lock(mutex_);
    if (sampling->answered) return;
    if (!closed_ && !sampling->cancelled) {
      // With the memory allocated first, nothing can fail halfway.
      sampling->again.reserve(sampling->again.size() + draws.size());
      if (!sampling->queued) entries_.push_back({nullptr, sampling});
      sampling->queued = true;
      sampling->again.insert(sampling->again.end(), draws.begin(), draws.end());
      waiting_ += static_cast<std::int64_t>(draws.size());
      return;
    }
    sampling->answered = true;
    failure = closed_ ? failure_of(disposed()) : aborted_failure();
  }
  sampling->reply(failure);
}

void RequestQueue::close() {
  std::deque<Entry> rejected;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_ = 0;
    rejected.swap(entries_);
    for (const auto& entry : rejected) {
      if (entry.sampling) entry.sampling->answered = true;
    }
    changed_.notify_all();
  }
  for (auto& entry : rejected) {
    if (entry.control) entry.control->reject(failure_of(disposed()));
    if (entry.sampling) entry.sampling->reply(failure_of(disposed()));
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
  in_hand_.clear();
  while (room > 0 && !entries_.empty() && entries_.front().sampling) {
    const auto sampling = entries_.front().sampling;
    const auto count = std::min(room, sampling->waiting());
    work.shares.push_back({sampling, take(*sampling, count)});
    in_hand_.push_back(sampling);
    room -= count;
    waiting_ -= count;
    if (sampling->waiting() > 0) continue;
    sampling->queued = false;
    entries_.pop_front();
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
