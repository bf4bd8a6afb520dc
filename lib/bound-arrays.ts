/**
 * The arrays that a program points into: which they are, whether they still are what they were when
 * they were bound, and whether any of them share memory that they must not share.
 */
import type { DeviceView } from "./device-memory.js";
import { LeanError } from "./errors.js";
import type { WeightArray } from "./tensor.js";

/** What a program points into: an array, or memory of a device. */
export type BoundArray = WeightArray | DeviceView;

/** A range of some address space. */
interface Memory {
  readonly buffer: object;
  readonly byteOffset: number;
  readonly byteLength: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly owner: string;
}

/** Ranges of memory that may not overlap anything, sorted within each buffer. */
export class OwnedRanges {
  readonly #byBuffer = new Map<object, Range[]>();

  /**
   * Claims an array's memory for `owner`.
   *
   * @throws LeanError ERR_LEAN_ALIAS when part of it is claimed already
   */
  claim(array: Memory, owner: string): void {
    this.requireFree(array, owner);
    if (array.byteLength === 0) return;
    const ranges = this.#byBuffer.get(array.buffer) ?? [];
    const start = array.byteOffset;
    const at = ranges.findIndex((range) => range.start > start);
    const range = { start, end: start + array.byteLength, owner };
    ranges.splice(at < 0 ? ranges.length : at, 0, range);
    this.#byBuffer.set(array.buffer, ranges);
  }

  /** @throws LeanError ERR_LEAN_ALIAS when part of the array's memory is claimed */
  requireFree(array: Memory, owner: string): void {
    const ranges = this.#byBuffer.get(array.buffer);
    if (ranges === undefined || array.byteLength === 0) return;
    const end = array.byteOffset + array.byteLength;
    // The last range that starts before the array ends is the only one that can reach into it.
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle] as Range).start < end) low = middle + 1;
      else high = middle;
    }
    const before = ranges[low - 1];
    if (before !== undefined && before.end > array.byteOffset) {
      throw new LeanError("ERR_LEAN_ALIAS", `${owner} shares memory with ${before.owner}`, {
        parameter: owner,
        value: before.owner,
      });
    }
  }
}

/** One kind of array (data, or gradients) of every parameter. */
export class BoundArrays {
  readonly #what: string;
  readonly #names: readonly string[];
  readonly #lengths: readonly number[];
  readonly arrays: (BoundArray | null)[];

  constructor(what: string, names: readonly string[], lengths: readonly number[]) {
    this.#what = what;
    this.#names = names;
    this.#lengths = lengths;
    this.arrays = lengths.map(() => null);
  }

  length(index: number): number {
    return this.#lengths[index] as number;
  }

  /** "weight.data", "weight.grad" */
  label(index: number): string {
    return `${this.#names[index]}.${this.#what}`;
  }

  /**
   * Checks that every array, bound or about to be, still has its length: a detached or shrunk one
   * does not.
   *
   * @throws LeanError ERR_LEAN_DETACHED
   */
  requireIntact(arrays: readonly (BoundArray | null)[] = this.arrays): void {
    const lengths = this.#lengths;
    for (let i = 0; i < arrays.length; i++) {
      const array = arrays[i];
      if (array === null || array === undefined || array.length === lengths[i]) continue;
      this.#refuse(i, array.length);
    }
  }

  #refuse(index: number, length: number): never {
    throw new LeanError(
      "ERR_LEAN_DETACHED",
      `${this.label(index)} had ${this.#lengths[index]} elements and has ${length} now: ` +
        "its buffer was detached or resized",
      { parameter: this.#names[index], value: length },
    );
  }

  /** @throws LeanError ERR_LEAN_SHAPE */
  requireLength(array: BoundArray, index: number): void {
    if (array.length === this.#lengths[index]) return;
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${this.label(index)} must have ${this.#lengths[index]} elements, not ${array.length}`,
      { parameter: this.#names[index], value: array.length },
    );
  }
}
