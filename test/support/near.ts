/** Comparisons with float64, as near as storing a value and a few roundings on the way allow. */
import { halfUlp } from "./dtypes.js";

export interface Tolerance {
  /** How the actual values are stored: each may be off by half a unit in its last place. */
  readonly dtype: string;
  /** What each value may be off by besides. */
  readonly slack: (expected: number, index: number) => number;
}

/** Fails at the first value that is further off than its tolerance, and says by how much. */
export function expectNear(
  label: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { dtype, slack }: Tolerance,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${label} has ${actual.length} elements and should have ${expected.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    const exact = expected[i] as number;
    const bound = halfUlp(exact, dtype) + slack(exact, i);
    const error = Math.abs((actual[i] as number) - exact);
    if (error <= bound) continue;
    throw new Error(`${label}[${i}] is ${actual[i]} and should be ${exact}: ${error} > ${bound}`);
  }
}

export function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
