// The checks that kernels share. They say what would corrupt memory; what a user typed is checked,
// with better words, in lib/options.ts.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/step-scalars.h"
#include "core/tensor.h"
#include "kernels/choices.h"

namespace lean {

inline void require_type(const Tensor& t, DType type, std::string_view name) {
  require(!t || t.dtype == type, kDTypeError,
          std::string(name) + " must be " + std::string(name_of(type)) + ", is " +
              std::string(name_of(t.dtype)));
}

inline void require_weights(const Tensor& param, const Tensor& grad) {
  require(param.ndim == 2, "param must be a matrix (a vector is one row)");
  require(is_weight_type(param.dtype), kDTypeError, "param must be float32, bfloat16 or float16");
  require(grad.numel() == param.numel(), "grad must have the shape of param");
  require(grad.dtype == param.dtype || grad.dtype == DType::float32, kDTypeError,
          "grad must have the type of param or be float32");
}

// Linear algebra libraries count in 32 bits.
inline void require_blas_sizes(const Tensor& t, std::string_view name) {
  require(t.rows() <= INT32_MAX && t.cols() <= INT32_MAX,
          std::string(name) + " has more than 2^31 - 1 rows or columns");
}

inline void require_scalars(const Tensor& scalars, const Tensor& counters) {
  require_type(scalars, DType::float32, "scalars");
  require_type(counters, DType::int64, "counters");
  require(scalars.numel() == kScalarCount, "scalars must have one entry for each name");
  require(counters.numel() == kCounterCount, "counters must have one entry for each name");
}

// How many second moments a rows x cols weight keeps.
inline int64_t subset_count(Partition partition, int64_t rows, int64_t cols, int64_t block) {
  switch (partition) {
    case Partition::none:
      return 0;
    case Partition::elementwise:
      return rows * cols;
    case Partition::rows:
      return rows;
    case Partition::columns:
      return cols;
    case Partition::blocks:
      return block > 0 ? (rows * cols + block - 1) / block : 0;
    case Partition::whole:
      return 1;
  }
  return 0;
}

inline void require_second_moment(const Tensor& exp_avg_sq, const Tensor& param,
                                  Partition partition, int64_t block) {
  require(partition != Partition::blocks || block > 0, "block must be positive");
  require_type(exp_avg_sq, DType::float32, "exp_avg_sq");
  require(exp_avg_sq.numel() == subset_count(partition, param.rows(), param.cols(), block),
          "exp_avg_sq must have one entry for each subset");
}

}  // namespace lean
