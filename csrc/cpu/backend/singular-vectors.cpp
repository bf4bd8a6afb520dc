#include "cpu/backend/singular-vectors.h"

#include <algorithm>
#include <memory>

#include "cpu/backend/gram.h"
#include "cpu/backend/linalg.h"

namespace lean::cpu {
namespace {

std::unique_ptr<double[]> doubles(int64_t count) {
  return std::make_unique_for_overwrite<double[]>(static_cast<size_t>(count));
}

}  // namespace

bool gram_vectors(Context& context, const Tensor& a, Side side, int64_t count, float* vectors,
                  int64_t ld) {
  const int64_t order = side == Side::right ? a.cols() : a.rows();
  const auto products = doubles(order * order);
  const auto found = doubles(count * order);
  gram(context, a, side, products.get());
  if (!top_eigenvectors(order, products.get(), count, found.get())) return false;
  for (int64_t i = 0; i < order; ++i) {
    for (int64_t j = 0; j < count; ++j) {
      vectors[i * ld + j] = static_cast<float>(found[(count - 1 - j) * order + i]);
    }
  }
  return true;
}

bool svd_vectors(const Tensor& a, Side side, int64_t count, float* vectors, int64_t ld) {
  const int64_t m = a.rows(), n = a.cols(), rank = std::min(m, n);
  const auto wide = doubles(m * n);
  const auto s = doubles(rank), u = doubles(m * rank), vt = doubles(rank * n);
  dispatch_weight(a.dtype, [&]<class T>() {
    for (int64_t i = 0; i < m * n; ++i) wide[i] = to_float(a.as<T>()[i]);
  });
  if (!thin_svd(m, n, wide.get(), s.get(), u.get(), vt.get())) return false;
  const bool right = side == Side::right;
  for (int64_t i = 0; i < (right ? n : m); ++i) {
    for (int64_t j = 0; j < count; ++j) {
      vectors[i * ld + j] = static_cast<float>(right ? vt[j * n + i] : u[i * rank + j]);
    }
  }
  return true;
}

}  // namespace lean::cpu
