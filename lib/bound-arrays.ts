/**
 * The arrays that a program points into: which they are, whether they still are what they were when
 * they were bound, and whether any of them share memory that they must not share.
 */
import { type DevicePointer, DeviceView } from "./device-memory.js";
import { type DeviceName, isHost } from "./devices.js";
import { LeanError } from "./errors.js";
import { deviceView } from "./parameters.js";
import { type WeightArray, type WeightDType, weightDType } from "./tensor.js";

/** What a program points into: an array, or memory of a device. */
export type BoundArray = WeightArray | DeviceView;

const lastAddress = 2n ** 64n - 1n;

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

/** What is known of an array before there is one. */
export interface ArrayType {
  /** The parameter's. */
  readonly name: string;
  readonly length: number;
  readonly dtype: WeightDType;
}

/** Arrays of some of the parameters. */
export interface ArraysOf {
  readonly indices: readonly number[];
  readonly arrays: readonly (BoundArray | null)[];
}

/** Arrays that are about to take the place of bound ones. */
export interface Moves extends ArraysOf {
  /** All of the kind, once they have moved. */
  readonly after: readonly (BoundArray | null)[];
}

/** One kind of array of every parameter: its data, or gradients, which may be absent. */
export class BoundArrays {
  readonly #kind: "data" | "grad";
  readonly #device: DeviceName;
  readonly #types: readonly ArrayType[];
  readonly #arrays: (BoundArray | null)[];
  /** What has taken the arrays' place, where they were last moved by address. */
  readonly #addresses: BigUint64Array;
  #areAddresses = false;
  readonly #listed: BigUint64Array;

  constructor(kind: "data" | "grad", device: DeviceName, types: readonly ArrayType[]) {
    this.#kind = kind;
    this.#device = device;
    this.#types = types;
    this.#arrays = types.map(() => null);
    this.#addresses = new BigUint64Array(isHost(device) ? 0 : types.length);
    this.#listed = new BigUint64Array(this.#addresses.length);
  }

  get arrays(): (BoundArray | null)[] {
    if (this.#areAddresses) {
      this.#addresses.forEach((address, index) => {
        this.#arrays[index] = address === 0n ? null : this.#bindable(address, index);
      });
      this.#areAddresses = false;
    }
    return this.#arrays;
  }

  /** "weight.data", "weight.grad" */
  label(index: number): string {
    return `${this.#types[index]?.name}.${this.#kind}`;
  }

  /**
   * Checks that every array, bound or about to be, still has its length: a detached or shrunk one
   * does not.
   *
   * @throws LeanError ERR_LEAN_DETACHED
   */
  requireIntact(arrays: readonly (BoundArray | null)[] = this.#arrays): void {
    if (this.#areAddresses && arrays === this.#arrays) return;
    const types = this.#types;
    for (let i = 0; i < arrays.length; i++) {
      const array = arrays[i];
      if (array === null || array === undefined || array.length === types[i]?.length) continue;
      this.#refuse(i, array.length);
    }
  }

  /**
   * What is handed over, without the arrays that did not move.
   *
   * @throws LeanError ERR_LEAN_DTYPE, ERR_LEAN_SHAPE
   */
  moves(given: Iterable<readonly [number, WeightArray | DevicePointer | null]>): Moves {
    const indices: number[] = [];
    const arrays: (BoundArray | null)[] = [];
    const before = this.arrays;
    const after = [...before];
    for (const [index, moved] of given) {
      const array = moved === null && this.#kind === "grad" ? null : this.#bindable(moved, index);
      if (array === before[index]) continue;
      indices.push(index);
      arrays.push(array);
      after[index] = array;
    }
    return { indices, arrays, after };
  }

  /** The program points into these now. */
  take({ indices, arrays }: ArraysOf): void {
    const bound = this.arrays;
    indices.forEach((index, i) => {
      bound[index] = arrays[i] ?? null;
    });
  }

  /** Addresses on a device for all of them, 0 for none, where that is what was handed over. */
  addressesOf(given: unknown): BigUint64Array | undefined {
    const listed = this.#listed;
    const isList = Array.isArray(given) || given instanceof BigUint64Array;
    if (!isList || given.length !== listed.length || listed.length === 0) return undefined;
    if (given instanceof BigUint64Array) return given;
    for (let i = 0; i < listed.length; i++) {
      const address: unknown = given[i];
      if (address !== null && (typeof address !== "bigint" || !isAddress(address)))
        return undefined;
      listed[i] = address ?? 0n;
    }
    return listed;
  }

  /** These, of which all were found good before, are where the arrays are now. */
  takeAddresses(addresses: BigUint64Array): void {
    this.#addresses.set(addresses);
    this.#areAddresses = true;
  }

  /** What takes the place of a bound array, or that itself where it has not moved. */
  #bindable(moved: unknown, index: number): BoundArray {
    const before = this.#arrays[index];
    if (isHost(this.#device)) {
      if (moved !== before) this.#requireFit(moved, index);
      return moved as WeightArray;
    }
    if (before instanceof DeviceView && before.isOf(moved)) return before;
    const { length, dtype } = this.#types[index] as ArrayType;
    const view = deviceView(this.#device, moved, dtype, length, this.label(index));
    const isThere = before instanceof DeviceView && before.ptr === view.ptr;
    return isThere && before.length === view.length ? before : view;
  }

  #refuse(index: number, length: number): never {
    const type = this.#types[index] as ArrayType;
    throw new LeanError(
      "ERR_LEAN_DETACHED",
      `${this.label(index)} had ${type.length} elements and has ${length} now: ` +
        "its buffer was detached, resized or disposed",
      { parameter: type.name, value: length },
    );
  }

  #requireFit(array: unknown, index: number): void {
    const { name, length, dtype } = this.#types[index] as ArrayType;
    weightDType(array, dtype, this.label(index));
    const found = (array as WeightArray).length;
    if (found === length) return;
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${this.label(index)} must have ${length} elements, not ${found}`,
      { parameter: name, value: found },
    );
  }
}

function isAddress(value: bigint): boolean {
  return value > 0n && value <= lastAddress;
}
