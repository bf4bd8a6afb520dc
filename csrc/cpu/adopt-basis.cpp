#include "kernels/adopt-basis.h"

#include "cpu/backend/gram.h"
#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// gram: P^T P, its upper triangle.
bool is_identity(const double* gram, int64_t rank) {
  for (int64_t i = 0; i < rank; ++i) {
    for (int64_t j = i; j < rank; ++j) {
      const double error = gram[i * rank + j] - (i == j ? 1 : 0);
      if (!(error * error <= AdoptBasis::kTolerance * AdoptBasis::kTolerance)) return false;
    }
  }
  return true;
}

void refresh(const AdoptBasis& item, Context& context) {
  const Stopwatch stopwatch(item);
  const int64_t rank = item.rank();
  Workspace workspace(item.workspace);
  auto* products = workspace.take<double>(rank * rank);
  auto* basis = workspace.take<float>(item.projected() * rank);

  const Tensor source = Tensor::matrix(item.source.data, DType::float32, item.projected(), rank);
  gram(context, source, Side::right, products);
  if (!is_identity(products, rank)) return refuse(context, item, basis, products);
  adopt(context, item, source.as<float>(), reinterpret_cast<float*>(products));
}

void run(std::span<const AdoptBasis> items, Context& context) {
  for (const AdoptBasis& item : items) {
    if (refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<AdoptBasis, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
