#pragma once

#include <optional>
#include <vector>

#include "classifier/classifier.h"
#include "engine/request_queue.h"

namespace dcgan {

/// The most candidates of one image.
inline constexpr std::uint32_t kCandidates = 20;

/// Images that were made for a piece of work.
struct MadeImages {
  std::vector<std::uint8_t> pixels;
  std::vector<float> confidences;  // one per image; 0 if no request needs it
};

/// Returns true if one of the requests has a min_confidence.
bool judged(const Work& work);

/// Returns the classifier's confidence that each image shows its label or, without classes, any digit.
std::vector<float> confidences_of(const Work& work, const std::vector<std::uint8_t>& pixels,
                                  Classifier& classifier);

/// Gives images to their requests. Keeps the best candidate of each image, puts images that must be drawn
/// again into the queue, and answers the requests that are complete. `failure`: why there are no images.
void hand_over(const Work& work, const MadeImages& made, const std::optional<Failure>& failure,
               RequestQueue& queue);

}  // namespace dcgan
