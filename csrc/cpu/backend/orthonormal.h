// Orthonormal columns.
#pragma once

#include "cpu/context.h"

namespace lean::cpu {

// y (rows x cols, rows >= cols, finite) <- an orthonormal basis of its columns, to about 1e-6 for
// any y. Columns that depend on others, or are zero, are replaced by ones that complete the basis;
// false where there are such. `gram` is scratch memory of cols x cols.
bool orthonormalize(Context& context, float* y, int64_t rows, int64_t cols, double* gram);

// y <- Gaussian noise, a function of the key and of an element's number; in the columns from
// `first_col` on.
void fill_gaussian(Context& context, float* y, int64_t rows, int64_t cols, int64_t first_col,
                   uint64_t key);

}  // namespace lean::cpu
