#include "kernels/randomized-svd.h"

#include <cmath>

#include "cpu/backend/gram.h"
#include "cpu/basis-policy.h"
#include "cpu/register.h"
#include "cpu/workspace.h"

namespace lean::cpu::LEAN_ISA {
namespace {

// The arrays of a refresh; l columns each.
struct Sketch {
  int64_t columns;
  float* q;         // projected x l
  float* z;         // others x l; or P, projected x r
  double* gram;     // l x l
  double* vectors;  // r x l, an eigenvector to a row
};

// z <- scale A q
void there(Context& context, const RandomizedSvd& item, float scale, const Sketch& sketch) {
  const Op op = item.side == Side::right ? Op::plain : Op::transposed;
  const int64_t l = sketch.columns;
  multiply_gradient(context, item.grad, op, scale, Block<const float>{sketch.q, l}, l,
                    {sketch.z, l});
}

// q <- orth(A^T z)
void and_back(Context& context, const RandomizedSvd& item, float scale, const Sketch& sketch) {
  const Op op = item.side == Side::right ? Op::transposed : Op::plain;
  const int64_t l = sketch.columns;
  multiply_gradient(context, item.grad, op, scale, Block<const float>{sketch.z, l}, l,
                    {sketch.q, l});
  orthonormalize(context, sketch.q, item.projected(), l, sketch.gram);
}

// Turns eigenvectors so that Q v has a positive sum against the probe's signs. `sums` is scratch
// memory for l numbers.
void fix_signs(const RandomizedSvd& item, const Sketch& sketch, double* sums) {
  const int64_t l = sketch.columns;
  const uint64_t key = random_key_of(item);
  for (int64_t c = 0; c < l; ++c) sums[c] = 0;
  for (int64_t i = 0; i < item.projected(); ++i) {
    const double sign = probe_sign(key, i);
    for (int64_t c = 0; c < l; ++c) sums[c] += sign * sketch.q[i * l + c];
  }
  for (int64_t j = 0; j < item.rank(); ++j) {
    double* vector = sketch.vectors + j * l;
    double sum = 0;
    for (int64_t c = 0; c < l; ++c) sum += sums[c] * vector[c];
    for (int64_t c = 0; c < l && sum < 0; ++c) vector[c] = -vector[c];
  }
}

// p (projected x r) <- Q V, in float64; columns descend, eigenvectors ascend.
void rotate_columns(Context& context, const RandomizedSvd& item, const Sketch& sketch, float* p) {
  const int64_t rank = item.rank(), l = sketch.columns;
  const Panels panels = Panels::of(item.projected(), l);
  parallel_for(context, panels.count, [&](int64_t tile, int worker) {
    const Range rows = panels[tile];
    const int64_t size = rows.size();
    auto* wide = static_cast<double*>(
        context.scratch(worker, static_cast<size_t>(size * (l + rank)) * sizeof(double)));
    double* product = wide + size * l;
    for (int64_t i = 0; i < size * l; ++i) wide[i] = sketch.q[rows.begin * l + i];
    gemm(Op::plain, Op::transposed, size, rank, l, 1, wide, l, sketch.vectors, l, 0, product, rank);
    for (int64_t i = 0; i < size; ++i) {
      for (int64_t j = 0; j < rank; ++j) {
        p[(rows.begin + i) * rank + j] = static_cast<float>(product[i * rank + rank - 1 - j]);
      }
    }
  });
}

void first_columns(const RandomizedSvd& item, const Sketch& sketch, float* p) {
  const int64_t rank = item.rank();
  for (int64_t i = 0; i < item.projected() * rank; ++i) {
    p[i] = sketch.q[i / rank * sketch.columns + i % rank];
  }
}

void refresh(const RandomizedSvd& item, Context& context) {
  const Stopwatch stopwatch(item);
  const int64_t rank = item.rank(), l = item.columns();
  Workspace workspace(item.workspace);
  const int64_t longer = item.others() > item.projected() ? item.others() : item.projected();
  const Sketch sketch = {l, workspace.take<float>(item.projected() * l),
                         workspace.take<float>(longer * l), workspace.take<double>(l * l),
                         workspace.take<double>(rank * l)};

  const float scale = gradient_scale(context, item.grad);
  if (scale == 0) return refuse(context, item, sketch.q, sketch.gram);
  fill_gaussian(context, sketch.z, item.others(), l, 0, random_key_of(item));
  and_back(context, item, scale, sketch);
  for (int64_t i = 0; i < item.power_passes; ++i) {
    there(context, item, scale, sketch);
    and_back(context, item, scale, sketch);
  }
  there(context, item, scale, sketch);
  const Tensor products = Tensor::matrix(sketch.z, DType::float32, item.others(), l);
  gram(context, products, Side::right, sketch.gram);
  float* basis = sketch.z;
  if (top_eigenvectors(l, sketch.gram, rank, sketch.vectors)) {
    fix_signs(item, sketch, sketch.gram);
    rotate_columns(context, item, sketch, basis);
  } else {
    first_columns(item, sketch, basis);
  }
  adopt(context, item, basis, reinterpret_cast<float*>(sketch.gram));
}

void run(std::span<const RandomizedSvd> items, Context& context) {
  for (const RandomizedSvd& item : items) {
    if (item.grad && refresh_is_due(item)) refresh(item, context);
  }
}

const Registered<RandomizedSvd, run> registered;

}  // namespace
}  // namespace lean::cpu::LEAN_ISA
