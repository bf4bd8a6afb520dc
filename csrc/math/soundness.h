// When one round of Cholesky-QR (Y^T Y = R^T R, Y <- Y R^-1, columns of Y scaled to length 1) is
// enough.
#pragma once

namespace lean {

// The soundness of a round is 1 / the length of the longest column of R^-1. It leaves columns that
// are orthonormal to about 1e-15 / soundness^2 (measured, for spectra of all kinds; R's smallest
// diagonal element says little: it may be a hundred times too hopeful). Below this another round
// follows.
inline constexpr double kSound = 1e-4;

}  // namespace lean
