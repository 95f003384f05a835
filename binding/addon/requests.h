#pragma once

#include <string>
#include <vector>

#include "addon/napi_setup.h"
#include "contract.h"

// Readers of requests: from JavaScript values to plain C++.

namespace dcgan {

/// A label is a byte.
inline constexpr std::int64_t kMaxClasses = 256;

/// The sizes of a model, which the arrays in its requests must fit.
struct Sizes {
  std::int64_t latent_dim = 0;
  std::int64_t fixed_count = 0;
  std::int64_t classes = 0;
  std::int64_t disc_steps = 1;
};

PeerPlace peers_from(const Napi::Object& object);
RunsOn runs_on_from(const Napi::Object& object);
Config config_from(const Napi::Object& object);
SampleRequest sample_request_from(const Napi::Object& object, const Sizes& sizes);
EpochRequest epoch_request_from(const Napi::Object& object);
/// Returns one label below `classes` for each image, or none if there are no classes.
std::vector<std::uint8_t> labels_from(const Napi::Value& value, std::int64_t count, std::int64_t classes);
ProbeRequest probe_request_from(const Napi::Object& object, const Sizes& sizes);
/// Reads images that have a label each, below `classes`.
TrainingSet labelled_images_from(const Napi::Object& object, std::int64_t classes);
EvaluationRequest evaluation_request_from(const Napi::Object& object, const Sizes& sizes);
std::vector<HostTensor> tensors_from(const Napi::Value& value);
State state_from(const Napi::Object& object);
/// Frees the memory of a state's tensors.
void detach_tensors(const Napi::Object& object);

}  // namespace dcgan
