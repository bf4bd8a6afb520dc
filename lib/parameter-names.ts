/** What a caller names parameters by, and the numbers that they have inside. */
import { LeanError } from "./errors.js";
import { nearest } from "./nearest.js";

/** Arrays by parameter name, or by number in the order of the groups. */
export type Arrays<T> = Readonly<Record<string, T>> | readonly T[];

/** The names of an optimizer's parameters, in the order of its groups. */
export class ParameterNames {
  readonly #all: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.#all = names;
    this.#numbers = new Map(names.map((name, index) => [name, index]));
  }

  at(index: number): string {
    return this.#all[index] as string;
  }

  /** @throws LeanError ERR_LEAN_UNKNOWN_NAME */
  find(name: string): number {
    const index = this.#numbers.get(name);
    if (index !== undefined) return index;
    const near = nearest(name, this.#all);
    throw new LeanError(
      "ERR_LEAN_UNKNOWN_NAME",
      `no parameter is called ${name}${near === undefined ? "" : `; did you mean ${near}?`}`,
      { parameter: name },
    );
  }

  /**
   * What was handed over as `option`, with the numbers of the parameters it is for.
   *
   * @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_SHAPE
   */
  numbered<T>(option: string, given: Arrays<T> | undefined): (readonly [number, T])[] {
    if (given === undefined) return [];
    if (!Array.isArray(given)) {
      return Object.entries(given).map(([name, value]) => [this.find(name), value as T]);
    }
    const count = this.#all.length;
    if (given.length === count) return Array.from(given as readonly T[], (value, i) => [i, value]);
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${option} must have one array for each of the ${count} parameters, not ${given.length}`,
      { parameter: option, value: given.length },
    );
  }
}
