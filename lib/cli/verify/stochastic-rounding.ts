/** Stochastic rounding to bfloat16: to one of the two neighbours, and to x on the average. */
import { bracketBfloat16 } from "../../../test/oracle/rounding.js";
import type { Worst } from "./worst.js";

/** In standard deviations. Draws are a function of the case's seed: a case passes always or never. */
const largestDeviation = 5;

/**
 * Checks what a tensor was rounded to. `expected` is exact, and what was rounded is within `error`
 * of it. With p the share of the way from the neighbour below to the one above, d = (result − x) / gap
 * is 1 − p with probability p and −p otherwise, of mean 0 and variance p·(1 − p). Two sums of it are
 * looked at: Σ d, which truncation moves, and Σ d·(2p − 1), which rounding to the nearest moves.
 */
export function checkStochastic(
  worst: Worst,
  actual: Float64Array,
  expected: Float64Array,
  error: Float64Array,
): void {
  const plain = new RandomSum();
  const weighted = new RandomSum();
  expected.forEach((x, i) => {
    const [lowest] = bracketBfloat16(x - error[i]);
    const [, highest] = bracketBfloat16(x + error[i]);
    const isNeighbour = actual[i] >= lowest && actual[i] <= highest;
    worst.holds(`param[${i}] is ${actual[i]}, not from ${lowest} to ${highest}`, isNeighbour);
    const [below, above] = bracketBfloat16(x);
    if (below === above) return;
    const gap = above - below;
    const share = (x - below) / gap;
    const draw = { deviation: (actual[i] - x) / gap, share, error: error[i] / gap };
    plain.add(draw, 1);
    weighted.add(draw, 2 * share - 1);
  });
  plain.check(worst, "rounding up and down, on the average");
  weighted.check(worst, "rounding up as often as x is close to it");
}

interface Draw {
  readonly deviation: number;
  readonly share: number;
  readonly error: number;
}

/** A sum of independent draws, with the size that it may have. */
class RandomSum {
  #sum = 0;
  #variance = 0;
  #error = 0;

  add({ deviation, share, error }: Draw, weight: number): void {
    this.#sum += weight * deviation;
    this.#variance += weight ** 2 * share * (1 - share);
    this.#error += Math.abs(weight) * error;
  }

  check(worst: Worst, what: string): void {
    const bound = largestDeviation * Math.sqrt(this.#variance) + this.#error;
    worst.near(what, [this.#sum], [0], bound);
  }
}
