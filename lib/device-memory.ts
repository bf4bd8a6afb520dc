/** Memory of a device: somebody else's by its address, or a small buffer of one's own. */
import { isAnyArrayBuffer } from "node:util/types";
import { LeanError } from "./errors.js";
import { NativeBuffer } from "./native.js";
import { requireInteger, show } from "./options.js";
import { bytesPerElement, type DType } from "./tensor.js";

/** An address, as other libraries hand it over; `ptr` may be a safe integer, too. */
export type DevicePointer = bigint | { readonly ptr: bigint | number };

type HostArray = ArrayBufferView | ArrayBufferLike;

const addressBits = 64;

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
  const value = isDevicePointer(pointer) && typeof pointer === "object" ? pointer.ptr : pointer;
  const isNumber = typeof value === "number" && Number.isSafeInteger(value);
  const address = isNumber ? BigInt(value) : value;
  if (typeof address === "bigint" && address === BigInt.asUintN(addressBits, address))
    return address;
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

function isAligned(address: bigint, bytes: number): boolean {
  return Number(BigInt.asUintN(8, address)) % bytes === 0;
}

/** Elements in the memory of a device, in the form of a typed array as far as the library looks. */
export class DeviceView {
  readonly ptr: bigint;
  readonly buffer: object;
  readonly byteOffset: number;
  /** What the pointer came in, which may own the memory. */
  readonly source: DevicePointer;
  readonly #length: number;
  readonly #byteLength: number;

  constructor(
    device: string,
    source: DevicePointer,
    dtype: DType,
    length: number,
    parameter: string,
  ) {
    this.ptr = addressOf(source, parameter);
    this.#length = length;
    this.#byteLength = length * bytesPerElement[dtype];
    this.buffer = spaceOf(device);
    this.byteOffset = Number(this.ptr);
    this.source = source;
    const size = bytesPerElement[dtype];
    if (!isAligned(this.ptr, size)) {
      throw new LeanError(
        "ERR_LEAN_INVALID_ARG",
        `${parameter} must be aligned to its elements of ${size} bytes`,
        { parameter, value: this.ptr },
      );
    }
    if (source instanceof DeviceBuffer) requireRoom(source, device, this.#byteLength, parameter);
  }

  /** Whether this is the address that it has, or the buffer that it is of, and which still is there. */
  isOf(pointer: unknown): boolean {
    if (this.#isGone) return false;
    if (typeof pointer === "bigint") return pointer === this.ptr;
    return pointer === this.source && pointer instanceof DeviceBuffer;
  }

  /** 0 once the buffer that it is of was disposed, as of an array that was detached. */
  get length(): number {
    return this.#isGone ? 0 : this.#length;
  }

  get byteLength(): number {
    return this.#isGone ? 0 : this.#byteLength;
  }

  get #isGone(): boolean {
    return this.source instanceof DeviceBuffer && this.source.isDisposed;
  }
}

/** @throws LeanError ERR_LEAN_INVALID_ARG for a buffer of another device, or one that is too small */
function requireRoom(buffer: DeviceBuffer, device: string, bytes: number, parameter: string): void {
  if (buffer.device !== device) {
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      `${parameter} is memory of the device ${buffer.device}, not ${device}`,
      { parameter, value: buffer.device },
    );
  }
  if (buffer.byteLength >= bytes) return;
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `${parameter} has ${buffer.byteLength} bytes, not ${bytes}`,
    { parameter, value: buffer.byteLength },
  );
}

/** Memory of a device that is freed by `dispose()`, or with the last reference to the object. */
export class DeviceBuffer {
  readonly device: string;
  readonly byteLength: number;
  readonly #native: NativeBuffer;
  readonly #ptr: bigint;
  #isDisposed = false;

  /** @throws LeanError ERR_LEAN_OUT_OF_MEMORY, ERR_LEAN_UNSUPPORTED */
  constructor(device: string, byteLength: number) {
    requireInteger("bytes", byteLength, 0);
    this.device = device;
    this.byteLength = byteLength;
    this.#native = new NativeBuffer(device, byteLength);
    this.#ptr = this.#native.address;
  }

  /**
   * Where it begins.
   *
   * @throws LeanError ERR_LEAN_DISPOSED
   */
  get ptr(): bigint {
    if (!this.#isDisposed) return this.#ptr;
    throw new LeanError("ERR_LEAN_DISPOSED", "the buffer was disposed");
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
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
    this.#isDisposed = true;
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
