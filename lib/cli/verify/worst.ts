/** The worst of many comparisons. */

const { abs } = Math;

/** How far results may be off, element by element, or all alike. */
export type Bound = ArrayLike<number> | number;

/**
 * Collects comparisons of what a kernel computed with what it should have. Errors are in units of
 * what is allowed: up to 1 is as good as the arithmetic lets it be.
 */
export class Worst {
  error = 0;
  /** What the worst one was about. */
  where = "";

  /** Compares numbers that rounding makes differ, by at most `bound`. */
  near(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, bound: Bound): void {
    this.holds(
      `${what}: ${actual.length} elements, not ${expected.length}`,
      actual.length === expected.length,
    );
    for (let i = 0; i < expected.length; i++) {
      const allowed = typeof bound === "number" ? bound : bound[i];
      const off = distance(actual[i], expected[i]);
      const error = off === 0 ? 0 : off / allowed;
      if (error > this.error || Number.isNaN(error)) {
        this.#note(error, `${what}[${i}] is ${actual[i]}, not ${expected[i]} ± ${allowed}`);
      }
    }
  }

  /** Compares to the bit. */
  same(what: string, actual: ArrayBufferView, expected: ArrayBufferView): void {
    const [a, b] = [bytesOf(actual), bytesOf(expected)];
    this.holds(`${what} is not the same to the bit`, Buffer.compare(a, b) === 0);
  }

  /** Anything that is true or false. `what` says what is the case where it is false. */
  holds(what: string, condition: boolean): void {
    if (!condition) this.#note(Number.POSITIVE_INFINITY, what);
  }

  #note(error: number, where: string): void {
    if (this.error === Number.POSITIVE_INFINITY) return;
    this.error = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    this.where = where;
  }
}

/** |a − b|; 0 where both are the same infinity or both are NaN. */
function distance(a: number, b: number): number {
  return a === b || Object.is(a, b) ? 0 : abs(a - b);
}

export function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
