import { uniforms } from "../../oracle/random.js";

/** Draws from a seed: the same ones every time. */
export class Draw {
  #values: Float64Array;
  #next = 0;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#values = uniforms(4096, seed);
  }

  /** In [0, 1). */
  uniform(): number {
    if (this.#next === this.#values.length) {
      this.#seed += 1_000_003;
      this.#values = uniforms(this.#values.length, this.#seed);
      this.#next = 0;
    }
    return this.#values[this.#next++] as number;
  }

  /** An integer in [least, most]. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.uniform() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)] as T;
  }
}
