/** Σ g·S. */
export function gradientDot(grad: ArrayLike<number>, sum: ArrayLike<number>): number {
  return Array.from(grad).reduce((total, g, i) => total + g * sum[i], 0);
}
