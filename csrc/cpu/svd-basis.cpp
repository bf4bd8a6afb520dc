#include "kernels/svd-basis.h"

#include "cpu/backend/singular-vectors.h"
#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// From the Gram matrix of the shorter side. Where that is the other side, its vectors u give this
// one's: G^T u (right) or G u (left), up to their lengths. Returns how many columns were found, or 0.
int64_t from_gram(Context& context, const SvdBasis& item, float scale, float* basis,
                  float* others) {
  const int64_t rank = item.rank();
  const bool right = item.side == Side::right;
  if (item.projected() <= item.others()) {
    return gram_vectors(context, item.grad, item.side, rank, basis, rank) ? rank : 0;
  }
  const int64_t count = clamp(rank, 0, item.others());
  const Side side = right ? Side::left : Side::right;
  if (!gram_vectors(context, item.grad, side, count, others, count)) return 0;
  multiply_gradient(context, item.grad, right ? Op::transposed : Op::plain, scale,
                    Block<const float>{others, count}, count, {basis, rank});
  return count;
}

int64_t from_svd(const SvdBasis& item, float* basis) {
  const int64_t count = clamp(item.rank(), 0, item.others());
  return svd_vectors(item.grad, item.side, count, basis, item.rank()) ? count : 0;
}

void refresh(const SvdBasis& item, Context& context) {
  const int64_t rank = item.rank(), projected = item.projected();
  Workspace workspace(item.workspace);
  auto* gram = workspace.take<double>(rank * rank);
  auto* basis = workspace.take<float>(projected * rank);
  auto* others = workspace.take<float>(item.other_vectors());

  const float scale = gradient_scale(context, item.grad);
  int64_t found = 0;
  if (scale != 0) {
    // `auto` is gram for all shapes. 
    found = item.method == SvdMethod::full ? from_svd(item, basis)
                                           : from_gram(context, item, scale, basis, others);
  }
  if (found == 0) return refuse(context, item, basis, gram);
  if (projected > item.others()) {
    // Directions beyond the gradient's rank, and those that float32 gave poorly.
    fill_gaussian(context, basis, projected, rank, found, random_key_of(item));
    orthonormalize(context, basis, projected, rank, gram);
  }
  adopt(context, item, basis, reinterpret_cast<float*>(gram));
}

void run(std::span<const SvdBasis> items, Context& context) {
  for (const SvdBasis& item : items) {
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<SvdBasis, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
