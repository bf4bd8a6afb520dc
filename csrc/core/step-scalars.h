// What the kernels of one step read about one parameter: numbers computed once a step from the
// parameter's counters and its group's hyper-parameters, on the device, so that a step that is
// skipped, replayed or resumed is right without the host knowing.
#pragma once

#include <cstdint>
#include <string_view>

namespace lean {

// Lives with the state (saved in checkpoints). One set for each parameter.
struct Counters {
  int64_t calls;        // steps in which the parameter had a gradient
  int64_t updates;      // steps applied
  int64_t since_basis;  // updates since the momentum was last restarted ("k")
  int64_t has_basis;    // kNoBasis, kBasis or kBasisPublished
  int64_t skipped;      // steps skipped for a non-finite gradient
  int64_t refreshes;    // bases computed
  int64_t refused;      // refreshes that kept the old basis (zero or non-finite gradient)
  int64_t reserved;
};

inline constexpr int64_t kNoBasis = 0;
inline constexpr int64_t kBasis = 1;
// The basis is new and its policy is `published`: use the old coordinates once, then drop them.
inline constexpr int64_t kBasisPublished = 2;

inline constexpr std::string_view kCounterNames[] = {
    "calls", "updates", "sinceBasis", "hasBasis", "skipped", "refreshes", "refused", "reserved"};

// With g the gradient, W the weight, m a momentum, v a second moment, q a statistic of G:
//   G = grad_factor * g + l2 * W
//   m <- m_decay * m + m_gain * G          N = n_grad * G + m_scale * m
//   v <- v_decay * v + v_gain * q
//   W <- decay_after * (decay_before * W - step_size * N / (sqrt(v) * v_scale + eps))
struct StepScalars {
  float active;         // 0: leave the parameter and its state alone
  float refresh;        // 1: compute a new basis before this step
  float grad_factor;    // clip factor / gradient scale
  float l2;             // coupled weight decay
  float m_decay;        // beta1
  float m_gain;         // 1 - beta1, or 1 - dampening
  float m_scale;        // 1 / (1 - beta1^t) where the momentum corrects its own bias
  float n_grad;         // 1 under Nesterov momentum
  float v_decay;        // beta2; 1 for sums
  float v_gain;         // 1 - beta2; 1 for sums
  float v_scale;        // 1 / sqrt(1 - beta2^t) where the second moment corrects its own bias
  float eps;            //
  float step_size;      // lr, with whatever correction belongs to the whole step
  float decay_before;   // 1 - lr * weight_decay, applied to W before the update
  float decay_after;    // the same, applied after it (compat: "sn-sm")
  float drop_momentum;  // 1: zero the momentum after use (onRefresh: "published")
};

inline constexpr std::string_view kScalarNames[] = {
    "active",   "refresh",     "gradFactor", "l2",          "mDecay", "mGain",
    "mScale",   "nGrad",       "vDecay",     "vGain",       "vScale", "eps",
    "stepSize", "decayBefore", "decayAfter", "dropMomentum"};

inline constexpr int kScalarCount = sizeof(StepScalars) / sizeof(float);
inline constexpr int kCounterCount = sizeof(Counters) / sizeof(int64_t);
static_assert(kScalarCount == std::size(kScalarNames));
static_assert(kCounterCount == std::size(kCounterNames));

}  // namespace lean
