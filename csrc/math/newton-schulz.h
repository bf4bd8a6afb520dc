// Newton-Schulz iterations towards a polar factor: X <- (a + b X X^T + c (X X^T)^2) X, which maps
// singular values by s -> a s + b s^3 + c s^5. Of a matrix with norm at most 1.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

namespace lean {

// muon         the published coefficients at every step (Jordan et al. 2024): steep at 0, and
// singular
//              values end between 0.7 and 1.2 rather than at 1
// polarExpress at each step the best polynomial for what the steps before leave (Amsel et al. 2025,
//              arXiv 2505.16932: their table for singular values from 1e-3 on, and their margin of
//              1.01); from step 7 on ones that converge
// exact        the polar factor: the steep ones until singular values above 4e-6 of the norm have
//              grown, then ones that converge with the third power of the error, 14 at least
enum class NewtonSchulz : int32_t { muon, polar_express, exact };
inline constexpr std::string_view kNewtonSchulzNames[] = {"muon", "polarExpress", "exact"};
inline constexpr std::span<const std::string_view> choice_names(NewtonSchulz) {
  return kNewtonSchulzNames;
}

struct QuinticStep {
  float a, b, c;
};

// The coefficients of step i = 0 .. steps - 1.
constexpr QuinticStep quintic_step(NewtonSchulz schedule, int64_t i, int64_t steps) {
  constexpr QuinticStep kMuon = {3.4445f, -4.7750f, 2.0315f};
  constexpr QuinticStep kConverging = {1.875f, -1.25f, 0.375f};
  constexpr QuinticStep kPolarExpress[] = {
      {8.205160f, -22.901935f, 16.460725f}, {4.066395f, -2.861154f, 0.518400f},
      {3.909595f, -2.823352f, 0.525037f},   {3.285564f, -2.415302f, 0.485294f},
      {2.277873f, -1.619822f, 0.398481f},   {1.872576f, -1.230704f, 0.358516f},
      {1.856437f, -1.213239f, 0.356800f},   kConverging,
  };
  switch (schedule) {
    case NewtonSchulz::muon:
      return kMuon;
    case NewtonSchulz::polar_express:
      return kPolarExpress[i < 7 ? i : 7];
    case NewtonSchulz::exact:
      return i < steps - 4 ? kMuon : kConverging;
  }
  return kMuon;
}

// The length of a step along the orthogonal factor (kernels/orthogonal-step.h). v: AdaGO's
// accumulator, brought up to date, or nullptr.
template <class Real>
constexpr float orthogonal_step_size(Real grad_norm, Real max_norm, Real least_step,
                                     Real shape_scale, float step_size, float* v) {
  if (v == nullptr) return static_cast<float>(step_size * shape_scale);
  const Real norm = grad_norm < max_norm ? grad_norm : max_norm;
  *v = static_cast<float>(*v + norm * norm);
  const Real step = step_size * norm / std::sqrt(static_cast<Real>(*v));
  return static_cast<float>((step > least_step ? step : least_step) * shape_scale);
}

}  // namespace lean
