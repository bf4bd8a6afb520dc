/**
 * The variance of the mean of K groups over its square, for every coordinate, from the sums of their
 * gradients and of the squares; NaN where there is no gradient.
 */
export function coordinateNoise(
  sum: ArrayLike<number>,
  squares: ArrayLike<number>,
  groups: number,
): Float64Array {
  return Float64Array.from(sum, (s, i) => {
    if (s === 0 && squares[i] === 0) return Number.NaN;
    const mean = s / groups;
    const variance = Math.max(0, squares[i] - groups * mean ** 2) / (groups - 1) / groups;
    return variance / mean ** 2;
  });
}
