#pragma once

#include <vector>

#include "kernels/arithmetic.h"
#include "sizes.h"

namespace dcgan::kernels {

/// A transposed convolution of stride 1 as a bilinear algorithm, y = C [(A x) ⊙ (B w)]. It has `planes`
/// products of an image's channels and a kernel's, instead of one for each pair of pixels that a tap
/// connects.
struct FourierForm {
  Index planes = 0;
  std::vector<double> input;   // A, planes × pixels
  std::vector<double> kernel;  // B, planes × taps
  std::vector<double> output;  // Cᵀ, planes × pixels
};

/// Returns the form for maps of this side and a window that keeps it. A circular convolution over `period` ×
/// `period` pixels, period = side + padding, has the right sums: what wraps around ends outside the map. The
/// Fourier transform of real numbers has one real coefficient, and conjugate pairs, of which one half is
/// enough. For x̂ = a + ib and ŵ = c + id, Gauss needs three products instead of four:
///   k₁ = c (a + b), k₂ = a (d − c), k₃ = b (c + d), and x̂ŵ = (k₁ − k₃) + i (k₁ + k₂).
/// So a pair takes three planes. The inverse transform adds 2/period² (Re x̂ŵ cos θ − Im x̂ŵ sin θ) to each
/// pixel. 7 × 7 pixels and a 5 × 5 kernel need a period of 9, hence 121 planes; the direct form has 841
/// products. The transposed matrices give both gradients: dx = Aᵀ [(Cᵀ dy) ⊙ (B w)ᵀ] and dw = Bᵀ [(A x) ⊗ (Cᵀ
/// dy)]. (Bilinear algorithms: Winograd 1980. Training through Fourier transforms: Mathieu et al. 2014.)
FourierForm fourier_form(Index side, Window window);

}  // namespace dcgan::kernels
