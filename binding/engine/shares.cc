#include "engine/shares.h"

#include <algorithm>

#include "exceptions.h"

namespace dcgan {

namespace {

/// Keeps the best candidate of each image of a share. Returns the draws for images that must be drawn again.
std::vector<Draw> keep(const Share& share, const std::uint8_t* pixels, const float* confidences) {
  auto& images = share.sampling->images;
  const auto& request = share.sampling->request;
  const auto& wanted = request.min_confidence;
  images.pixels.resize(static_cast<std::size_t>(request.count * kImagePixels));
  if (wanted) images.confidences.resize(static_cast<std::size_t>(request.count));
  std::vector<Draw> again;
  for (const auto& [image, candidate] : share.draws) {
    const float confidence = *confidences++;
    const auto i = static_cast<std::size_t>(image);
    if (!wanted || candidate == 0 || confidence > images.confidences[i]) {
      std::copy_n(pixels, kImagePixels, images.pixels.begin() + image * kImagePixels);
      if (wanted) images.confidences[i] = confidence;
    }
    pixels += kImagePixels;
    const bool last = candidate + 1 == kCandidates;
    if (wanted && confidence < *wanted && !last) again.push_back({image, candidate + 1});
  }
  return again;
}

void hand_over(const Share& share, const std::uint8_t* pixels, const float* confidences,
               RequestQueue& queue) {
  auto& sampling = *share.sampling;
  auto finished = share.count();
  try {
    const auto again = sampling.failure ? std::vector<Draw>() : keep(share, pixels, confidences);
    queue.finish(share, again);
    finished -= std::ssize(again);
  } catch (...) {
    sampling.failure = caught_failure();
  }
  sampling.finished += finished;
  if (sampling.finished < sampling.request.count) return;
  if (sampling.failure) {
    sampling.reply(*sampling.failure);
  } else {
    sampling.images.labels = std::move(sampling.request.labels);
    sampling.reply(std::move(sampling.images));
  }
}

}  // namespace

bool judged(const Work& work) {
  return std::any_of(work.shares.begin(), work.shares.end(),
                     [](const Share& share) { return share.sampling->request.min_confidence.has_value(); });
}

/// Returns the probability of the image's label, or the largest one if it has none. `own`: the probability of
/// each class.
static double confidence_of(const SampleRequest& request, std::int64_t image, const double* own,
                            std::int64_t classes) {
  if (request.labels.empty()) return *std::max_element(own, own + classes);
  const auto label = request.labels[static_cast<std::size_t>(image)];
  return label < classes ? own[label] : 0;
}

std::vector<float> confidences_of(const Work& work, const std::vector<std::uint8_t>& pixels,
                                  Classifier& classifier) {
  std::vector<std::uint8_t> some;
  std::int64_t first = 0;
  for (const auto& share : work.shares) {
    const auto* begin = pixels.data() + first * kImagePixels;
    first += share.count();
    if (!share.sampling->request.min_confidence) continue;
    some.insert(some.end(), begin, begin + share.count() * kImagePixels);
  }
  const auto count = static_cast<std::int64_t>(some.size()) / kImagePixels;
  std::vector<float> features(static_cast<std::size_t>(count * kFeatures));
  std::vector<double> probabilities(static_cast<std::size_t>(count * classifier.classes()));
  classifier.describe(some.data(), count, features.data());
  classifier.read(features.data(), count, probabilities.data());

  std::vector<float> confidences;
  const double* own = probabilities.data();
  for (const auto& share : work.shares) {
    const auto& request = share.sampling->request;
    for (const auto& draw : share.draws) {
      if (!request.min_confidence) {
        confidences.push_back(0);
        continue;
      }
      confidences.push_back(
          static_cast<float>(confidence_of(request, draw.image, own, classifier.classes())));
      own += classifier.classes();
    }
  }
  return confidences;
}

void hand_over(const Work& work, const MadeImages& made, const std::optional<Failure>& failure,
               RequestQueue& queue) {
  std::int64_t first = 0;
  for (const auto& share : work.shares) {
    if (failure) share.sampling->failure = failure;
    hand_over(share, made.pixels.data() + first * kImagePixels, made.confidences.data() + first, queue);
    first += share.count();
  }
}

}  // namespace dcgan
