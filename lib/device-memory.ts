/** Memory of a device: somebody else's by its address, or a small buffer of one's own. */
import { isAnyArrayBuffer } from "node:util/types";
import { LeanError } from "./errors.js";
import { NativeBuffer } from "./native.js";
import { requireInteger, show } from "./options.js";
import { bytesPerElement, type DType } from "./tensor.js";

/** An address, as other libraries hand it over; `ptr` may be a safe integer, too. */
export type DevicePointer = bigint | { readonly ptr: bigint | number };

type HostArray = ArrayBufferView | ArrayBufferLike;

const addressBits = 64n;

export function isDevicePointer(value: unknown): value is DevicePointer {
  return (
    typeof value === "bigint" || (typeof value === "object" && value !== null && "ptr" in value)
  );
}

/**
 * The address in a pointer.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG
 */
export function addressOf(pointer: DevicePointer, parameter: string): bigint {
  const value = typeof pointer === "bigint" ? pointer : pointer.ptr;
  const isNumber = typeof value === "number" && Number.isSafeInteger(value);
  const address = isNumber ? BigInt(value) : value;
  if (typeof address === "bigint" && address >= 0n && address >> addressBits === 0n) return address;
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `${parameter} must be an address of 64 bits, not ${show(value)}`,
    { parameter, value },
  );
}

/** What stands for the one address space of a device, where arrays have an ArrayBuffer. */
const spaces = new Map<string, object>();

function spaceOf(device: string): object {
  const space = spaces.get(device) ?? {};
  spaces.set(device, space);
  return space;
}

/** Elements in the memory of a device, in the form of a typed array as far as the library looks. */
export class DeviceView {
  readonly ptr: bigint;
  readonly length: number;
  readonly byteLength: number;
  readonly buffer: object;
  readonly byteOffset: number;
  /** What the pointer came in, which may own the memory. */
  readonly source: DevicePointer;

  constructor(
    device: string,
    source: DevicePointer,
    dtype: DType,
    length: number,
    parameter: string,
  ) {
    this.ptr = addressOf(source, parameter);
    this.length = length;
    this.byteLength = length * bytesPerElement[dtype];
    this.buffer = spaceOf(device);
    this.byteOffset = Number(this.ptr);
    this.source = source;
    const size = bytesPerElement[dtype];
    if (this.ptr % BigInt(size) !== 0n) {
      throw new LeanError(
        "ERR_LEAN_INVALID_ARG",
        `${parameter} must be aligned to its elements of ${size} bytes`,
        { parameter, value: this.ptr },
      );
    }
  }
}

/** Memory of a device that is freed by `dispose()`, or with the last reference to the object. */
export class DeviceBuffer {
  readonly device: string;
  readonly byteLength: number;
  readonly #native: NativeBuffer;
  readonly #ptr: bigint;

  /** @throws LeanError ERR_LEAN_OUT_OF_MEMORY, ERR_LEAN_UNSUPPORTED */
  constructor(device: string, byteLength: number) {
    requireInteger("bytes", byteLength, 0);
    this.device = device;
    this.byteLength = byteLength;
    this.#native = new NativeBuffer(device, byteLength);
    this.#ptr = this.#native.address;
  }

  /** Where it begins. */
  get ptr(): bigint {
    return this.#ptr;
  }

  /** Copies an array in, `offset` bytes from the beginning. */
  write(from: HostArray, offset = 0): void {
    requireHostArray(from, "from");
    this.#native.copyIn(offset, from);
  }

  /** Copies out as many bytes as `into` holds, and returns it. Waits for no step: see `synchronize`. */
  read<T extends HostArray>(into: T, offset = 0): T {
    requireHostArray(into, "into");
    this.#native.copyOut(offset, into);
    return into;
  }

  dispose(): void {
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function requireHostArray(value: unknown, parameter: string): void {
  if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) return;
  throw new LeanError("ERR_LEAN_INVALID_ARG", `${parameter} must be an array`, {
    parameter,
    value,
  });
}

/** A device's memory, for those who have no other library that allocates it. */
export interface DeviceMemory {
  /** Zeroed memory. */
  alloc(bytes: number): DeviceBuffer;
  /** A copy of an array. */
  fromHost(array: HostArray): DeviceBuffer;
  /** Its bytes, or as many as `into` holds. */
  toHost(buffer: DeviceBuffer): Uint8Array;
  toHost<T extends HostArray>(buffer: DeviceBuffer, into: T): T;
}

export function deviceMemory(device: string): DeviceMemory {
  function toHost(buffer: DeviceBuffer): Uint8Array;
  function toHost<T extends HostArray>(buffer: DeviceBuffer, into: T): T;
  function toHost(buffer: DeviceBuffer, into?: HostArray): HostArray {
    return buffer.read(into ?? new Uint8Array(buffer.byteLength));
  }
  return {
    alloc: (bytes) => new DeviceBuffer(device, bytes),
    fromHost(array) {
      requireHostArray(array, "array");
      const buffer = new DeviceBuffer(device, array.byteLength);
      buffer.write(array);
      return buffer;
    },
    toHost,
  };
}

/** Memory of the CUDA device. */
export const cuda: DeviceMemory = deviceMemory("cuda");
