/** What a group's gradient adds to the sums of its batch. */
export interface Accumulated {
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

/** S + g and Q + g², or g and g² where the group is the batch's first. */
export function accumulate(
  before: Accumulated,
  grad: ArrayLike<number>,
  isFirst: boolean,
): Accumulated {
  const kept = isFirst ? 0 : 1;
  return {
    sum: Float64Array.from(grad, (g, i) => (kept ? before.sum[i] + g : g)),
    squares: Float64Array.from(grad, (g, i) => (kept ? before.squares[i] + g * g : g * g)),
  };
}

export function squaredNorm(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, x) => sum + x * x, 0);
}
