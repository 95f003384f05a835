#pragma once

#include <torch/torch.h>

#include "evaluation/points.h"

namespace dcgan {

/// The mean and the covariance of points, float64.
struct Gaussian {
  torch::Tensor mean;
  torch::Tensor covariance;
};

Gaussian gaussian_of(const Points& points);

/// Returns the Fréchet distance between two Gaussians (Heusel et al. 2017): |μa − μb|² + tr(Ca + Cb − 2 (Ca½
/// Cb Ca½)½).
double frechet_distance(const Gaussian& a, const Gaussian& b);

}  // namespace dcgan
