// Fills a parameter's StepScalars once its basis is settled: counts the update (updates,
// since_basis) and computes bias corrections and step size in float64. With t = updates, k =
// since_basis:
//   momentum corrected by t, or by k under `per_basis`;  bc1 = 1 - beta1^t;
//   bc2 = 1 - beta2^t for 0 < beta2 < 1, else 1
//   bias torch: m_scale = 1/bc1, v_scale = 1/sqrt(bc2), step_size = lr
//   bias hf:    m_scale = v_scale = 1, step_size = lr * sqrt(bc2) / bc1
// (each only where correct_first, correct_second ask for it), and lr <- lr / (1 + (t - 1) *
// lr_decay).
#pragma once

#include <tuple>

#include "core/field.h"
#include "kernels/check.h"

namespace lean {

// What the momentum is. heavyBall: m <- momentum * m + (1 - dampening) * G, m = G at first
// (torch.optim.SGD); otherwise m is an exponential moving average. nesterov: N looks a step ahead,
// momentum * m + G (heavyBall), beta1 * m + (1 - beta1) * G (averages; torch.optim.Muon).
enum class Momentum : int32_t { none, ema, heavy_ball, subspace };
inline constexpr std::string_view kMomentumNames[] = {"none", "ema", "heavyBall", "subspace"};
inline constexpr std::span<const std::string_view> choice_names(Momentum) { return kMomentumNames; }

enum class Bias : int32_t { torch, hf };
inline constexpr std::string_view kBiasNames[] = {"torch", "hf"};
inline constexpr std::span<const std::string_view> choice_names(Bias) { return kBiasNames; }

// before: W <- (1 - lr wd) W, then the update (AdamW). after: the other way round (sn-sm).
// l2: G <- G + wd W (torch.optim.SGD, Adam, Adagrad, RMSprop).
enum class Decay : int32_t { before, after, l2 };
inline constexpr std::string_view kDecayNames[] = {"before", "after", "l2"};
inline constexpr std::span<const std::string_view> choice_names(Decay) { return kDecayNames; }

struct Scalars {
  static constexpr std::string_view name = "scalars";

  Tensor counters;  // Counters
  Tensor scalars;   // StepScalars; `active` and `refresh` are read, the rest is written
  Tensor result;    // of GradientNorm, or absent
  Tensor group;     // float64, 2: lr, weight_decay of the parameter's group
  Tensor hyper;     // float64, 2: grad_scale, max_grad_norm
  Momentum momentum = Momentum::none;
  double beta1 = 0;  // heavyBall: the momentum
  double dampening = 0;
  bool nesterov = false;
  double beta2 = 0;     // 0 < beta2 < 1: average; 1: sum; 0 with `second`: q itself
  bool second = false;  // there is a second moment
  double eps = 0;
  Bias bias = Bias::torch;
  bool correct_first = false;
  bool correct_second = false;
  bool per_basis = false;
  Decay decay = Decay::before;
  double lr_decay = 0;

  static constexpr auto fields() {
    return std::tuple{
        field("counters", &Scalars::counters),
        field("scalars", &Scalars::scalars),
        optional_field("result", &Scalars::result),
        field("group", &Scalars::group),
        field("hyper", &Scalars::hyper),
        field("momentum", &Scalars::momentum),
        field("beta1", &Scalars::beta1),
        field("dampening", &Scalars::dampening),
        field("nesterov", &Scalars::nesterov),
        field("beta2", &Scalars::beta2),
        field("second", &Scalars::second),
        field("eps", &Scalars::eps),
        field("bias", &Scalars::bias),
        field("correctFirst", &Scalars::correct_first),
        field("correctSecond", &Scalars::correct_second),
        field("perBasis", &Scalars::per_basis),
        field("decay", &Scalars::decay),
        field("lrDecay", &Scalars::lr_decay),
    };
  }

  void check() const {
    require_scalars(scalars, counters);
    require_type(result, DType::float64, "result");
    require_type(group, DType::float64, "group");
    require_type(hyper, DType::float64, "hyper");
    require(!result || result.numel() == 3, "result has 3 entries");
    require(group.numel() == 2 && hyper.numel() == 2, "group and hyper have 2 entries");
  }
};

}  // namespace lean
