// The order in which a model's thread takes its requests, without JavaScript and without LibTorch.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "engine/request_queue.h"

namespace {

using dcgan::Failure;
using dcgan::RequestQueue;
using dcgan::Work;

constexpr std::int64_t kMaxBatch = 64;
constexpr std::int64_t kMaxQueue = 1000;

/// Notes the codes that requests are answered with.
struct Answers {
  std::vector<std::string> codes;

  std::shared_ptr<dcgan::Sampling> request(std::int64_t id, std::int64_t count, bool fixed = false) {
    auto sampling = std::make_shared<dcgan::Sampling>();
    sampling->id = id;
    sampling->request.count = count;
    sampling->request.fixed = fixed;
    sampling->reply = [this](const auto& outcome) { codes.push_back(std::get<Failure>(outcome).code); };
    return sampling;
  }

  /// A request of which images may be drawn again.
  std::shared_ptr<dcgan::Sampling> judged(std::int64_t id, std::int64_t count) {
    auto sampling = request(id, count);
    sampling->request.min_confidence = 0.5;
    return sampling;
  }

  dcgan::Control control() {
    return {[] {}, [this](const Failure& failure) { codes.push_back(failure.code); }};
  }
};

void requests_that_stand_together_share_a_forward() {
  RequestQueue queue(kMaxBatch, kMaxQueue);
  Answers answers;
  for (int id = 1; id <= 3; ++id) queue.push(answers.request(id, 30));
  Work work;
  CHECK(queue.pop(work));
  CHECK(work.images() == kMaxBatch);
  CHECK(work.shares.size() == 3);
  CHECK(work.shares[2].count() == 4);
  CHECK(queue.waiting_images() == 26);
  CHECK(queue.pop(work));
  CHECK(work.images() == 26);
  CHECK(work.shares[0].draws[0].image == 4);
  CHECK(!queue.pop(work));
}

void a_pause_between_steps_bounds_the_images() {
  RequestQueue queue(kMaxBatch, kMaxQueue);
  Answers answers;
  queue.push(answers.request(1, 100));
  Work work;
  CHECK(queue.pop(work, 10));
  CHECK(work.images() == 10);
  CHECK(queue.waiting_images() == 90);
}

void controls_keep_their_place() {
  RequestQueue queue(kMaxBatch, kMaxQueue);
  Answers answers;
  queue.push(answers.request(1, 5));
  queue.push(answers.control());
  queue.push(answers.request(2, 5));
  Work work;
  CHECK(queue.pop(work) && work.images() == 5 && !work.control);
  CHECK(queue.pop(work) && work.control);
  CHECK(queue.pop(work) && work.images() == 5);
}

void too_many_images_are_refused_at_once() {
  RequestQueue queue(kMaxBatch, 10);
  Answers answers;
  queue.push(answers.request(1, 8));
  queue.push(answers.request(2, 3));
  CHECK(answers.codes == std::vector<std::string>{"ERR_DCGAN_OVERLOADED"});
  queue.push(answers.request(3, 25, /*fixed=*/true));
  CHECK(answers.codes.size() == 1);
  CHECK(queue.waiting_images() == 33);
}

void cancelling_takes_back_what_waits() {
  RequestQueue queue(kMaxBatch, kMaxQueue);
  Answers answers;
  queue.push(answers.request(1, 100));
  Work work;
  CHECK(queue.pop(work));
  queue.cancel(1);
  CHECK(answers.codes == std::vector<std::string>{"ABORTED"});
  CHECK(queue.waiting_images() == 0);
  queue.cancel(1);
  CHECK(answers.codes.size() == 1);
}

void images_that_are_drawn_again_go_behind_what_waits() {
  RequestQueue queue(2, kMaxQueue);
  Answers answers;
  queue.push(answers.judged(1, 2));
  queue.push(answers.request(2, 2));
  Work work;
  CHECK(queue.pop(work));
  queue.finish(work.shares[0], {{1, 1}});
  CHECK(queue.waiting_images() == 3);
  CHECK(queue.pop(work) && work.shares[0].sampling->id == 2);
  CHECK(queue.pop(work) && work.images() == 1);
  CHECK(work.shares[0].sampling->id == 1);
  CHECK(work.shares[0].draws[0].image == 1 && work.shares[0].draws[0].candidate == 1);
  CHECK(queue.waiting_images() == 0);
}

/// Otherwise it would keep its place in front of all others until the last of its candidates.
void an_image_that_is_drawn_again_waits_behind_requests_that_came_before_its_turn() {
  RequestQueue queue(2, kMaxQueue);
  Answers answers;
  queue.push(answers.judged(1, 4));
  Work work;
  CHECK(queue.pop(work));
  queue.push(answers.request(2, 1));
  queue.finish(work.shares[0], {{0, 1}, {1, 1}});
  CHECK(queue.pop(work) && work.images() == 2);
  CHECK(work.shares[0].draws[0].image == 2 && work.shares[0].draws[1].image == 3);
  queue.finish(work.shares[0], {});
  CHECK(queue.pop(work) && work.images() == 2);
  CHECK(work.shares[0].sampling->id == 2);
  CHECK(work.shares[1].sampling->id == 1 && work.shares[1].draws[0].candidate == 1);
  CHECK(queue.pop(work) && work.images() == 1);
  CHECK(!queue.pop(work));
}

void images_that_may_be_drawn_again_count_as_waiting_while_they_are_made() {
  RequestQueue queue(kMaxBatch, 10);
  Answers answers;
  queue.push(answers.judged(1, 10));
  Work work;
  CHECK(queue.pop(work) && work.images() == 10);
  queue.push(answers.request(2, 1));
  CHECK(answers.codes == std::vector<std::string>{"ERR_DCGAN_OVERLOADED"});
  queue.finish(work.shares[0], {{0, 1}, {1, 1}});
  CHECK(queue.waiting_images() == 2);
  queue.push(answers.request(3, 8));
  queue.push(answers.request(4, 1));
  CHECK(answers.codes.size() == 2);
  CHECK(queue.pop(work) && work.images() == 10);
  queue.finish(work.shares[0], {});
  queue.push(answers.request(5, 10));
  CHECK(answers.codes.size() == 2);
}

void cancelling_takes_back_what_is_to_be_drawn_again() {
  RequestQueue queue(2, kMaxQueue);
  Answers answers;
  queue.push(answers.judged(1, 4));
  queue.push(answers.request(2, 1));
  Work work;
  CHECK(queue.pop(work));
  queue.finish(work.shares[0], {{0, 1}});
  CHECK(queue.waiting_images() == 4);
  queue.cancel(1);
  CHECK(answers.codes == std::vector<std::string>{"ABORTED"});
  CHECK(queue.waiting_images() == 1);
  CHECK(queue.pop(work) && work.images() == 1);
  CHECK(!queue.pop(work));
}

void a_current_request_is_cancelled_where_images_are_to_be_drawn_again() {
  RequestQueue queue(kMaxBatch, kMaxQueue);
  Answers answers;
  queue.push(answers.judged(1, 3));
  Work work;
  CHECK(queue.pop(work));
  queue.cancel(1);
  CHECK(answers.codes.empty());
  queue.finish(work.shares[0], {{0, 1}});
  CHECK(answers.codes == std::vector<std::string>{"ABORTED"});
  CHECK(!queue.pop(work));
  CHECK(queue.waiting_images() == 0);
}

void a_request_is_answered_once() {
  RequestQueue queue(2, kMaxQueue);
  Answers answers;
  queue.push(answers.judged(1, 3));
  Work work;
  CHECK(queue.pop(work));
  queue.cancel(1);
  queue.finish(work.shares[0], {{0, 1}});
  queue.close();
  CHECK(answers.codes == std::vector<std::string>{"ABORTED"});

  RequestQueue other(2, kMaxQueue);
  other.push(answers.judged(2, 5));
  CHECK(other.pop(work));
  other.finish(work.shares[0], {{0, 1}});
  CHECK(other.pop(work));
  other.close();
  other.finish(work.shares[0], {{2, 1}});
  CHECK(answers.codes == (std::vector<std::string>{"ABORTED", "ERR_DCGAN_DISPOSED"}));
}

/// What `npm run check -- sanitize` watches with ThreadSanitizer.
void requests_from_many_threads_are_each_answered_once() {
  constexpr int kClients = 4;
  constexpr std::int64_t kRequests = 300;
  RequestQueue queue(kMaxBatch, 200);
  std::atomic<std::int64_t> answers{0};
  std::thread model([&queue, &answers] {
    Work work;
    while (!queue.closed()) {
      if (!queue.pop(work)) {
        queue.wait();
        continue;
      }
      if (work.control) work.control->run();
      for (const auto& share : work.shares) {
        std::vector<dcgan::Draw> again;
        for (const auto& [image, candidate] : share.draws) {
          if (share.sampling->request.min_confidence && candidate < 3)
            again.push_back({image, candidate + 1});
        }
        queue.finish(share, again);
        auto& sampling = *share.sampling;
        sampling.finished += share.count() - std::ssize(again);
        if (sampling.finished == sampling.request.count) sampling.reply(dcgan::Images{});
      }
    }
  });
  std::vector<std::thread> clients;
  std::atomic<int> busy{kClients};
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (std::int64_t i = 0; i < kRequests; ++i) {
        const auto id = client * kRequests + i;
        if (i % 10 == 9) {
          queue.push(dcgan::Control{[&answers] { ++answers; }, [&answers](const Failure&) { ++answers; }});
          continue;
        }
        auto sampling = std::make_shared<dcgan::Sampling>();
        sampling->id = id;
        sampling->request.count = 1 + i % 70;
        if (i % 2 == 0) sampling->request.min_confidence = 0.5;
        sampling->reply = [&answers](const auto&) { ++answers; };
        queue.push(std::move(sampling));
        if (i % 3 == 0) queue.cancel(id);
        if (i % 7 == 0) queue.wake();
        if (queue.waiting_images() > 150) std::this_thread::yield();
      }
      // The last one closes the queue, while requests wait.
      if (--busy == 0) queue.close();
    });
  }
  for (auto& client : clients) client.join();
  model.join();
  CHECK(answers == kClients * kRequests);
  CHECK(queue.waiting_images() == 0);
}

void closing_answers_everything() {
  RequestQueue queue(kMaxBatch, kMaxQueue);
  Answers answers;
  queue.push(answers.request(1, 1));
  queue.push(answers.control());
  queue.close();
  queue.push(answers.request(2, 1));
  queue.push(answers.control());
  CHECK(answers.codes == std::vector<std::string>(4, "ERR_DCGAN_DISPOSED"));
  CHECK(queue.closed());
  queue.wait();  // returns
}

}  // namespace

int main() {
  requests_that_stand_together_share_a_forward();
  a_pause_between_steps_bounds_the_images();
  controls_keep_their_place();
  too_many_images_are_refused_at_once();
  cancelling_takes_back_what_waits();
  images_that_are_drawn_again_go_behind_what_waits();
  an_image_that_is_drawn_again_waits_behind_requests_that_came_before_its_turn();
  images_that_may_be_drawn_again_count_as_waiting_while_they_are_made();
  cancelling_takes_back_what_is_to_be_drawn_again();
  a_current_request_is_cancelled_where_images_are_to_be_drawn_again();
  a_request_is_answered_once();
  closing_answers_everything();
  requests_from_many_threads_are_each_answered_once();
  return failures;
}
