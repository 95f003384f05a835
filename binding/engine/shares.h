#pragma once

#include <optional>
#include <vector>

#include "engine/request_queue.h"
#include "evaluation/classifier.h"

namespace dcgan {

/// Candidates of one image at most.
inline constexpr std::uint32_t kCandidates = 20;

/// Images that were made for a piece of work.
struct MadeImages {
  std::vector<std::uint8_t> pixels;
  std::vector<float> confidences;  // 0 where none was asked for
};

/// True where a request among them asks how sure the classifier is.
bool judged(const Work& work);

/// How sure the classifier is of each image: that it shows its label or, without classes, any digit.
std::vector<float> confidences_of(const Work& work, const std::vector<std::uint8_t>& pixels,
                                  Classifier& classifier);

/// Hands images to their requests: keeps the best candidate of each, puts what is to be drawn again into the
/// queue, and answers the requests that are complete. `failure`: why there are no images.
void hand_over(const Work& work, const MadeImages& made, const std::optional<Failure>& failure,
               RequestQueue& queue);

}  // namespace dcgan
