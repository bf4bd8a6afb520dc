/** One kernel by itself, over arrays: for tests and benchmarks of kernels. */
import { DeviceBuffer } from "./device-memory.js";
import { isHost } from "./devices.js";
import { type DeviceBytes, type FieldValue, type KernelName, NativeProgram } from "./native.js";
import type { DType } from "./tensor.js";

/** A tensor argument: memory with its shape and type. */
export interface KernelTensor {
  readonly data: ArrayBufferView;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type KernelArguments = Readonly<
  Record<string, KernelTensor | number | boolean | string | null | undefined>
>;

const noHyper = new Float64Array(0);

/** Runs a kernel over the given items, in place. */
export function runKernel(
  device: string,
  kernel: KernelName,
  items: readonly KernelArguments[],
): void {
  using bound = bindKernel(device, kernel, items);
  bound.run();
  bound.finish();
}

/** A kernel with its items, built once to be run many times. */
export interface BoundKernel extends Disposable {
  run(): void;
  /** Waits for what was started. */
  wait(): void;
  /** Waits for what was started, and brings the items' arrays up to date. */
  finish(): void;
  dispose(): void;
}

export function bindKernel(
  device: string,
  kernel: KernelName,
  items: readonly KernelArguments[],
): BoundKernel {
  const arrays: ArrayBufferView[] = [];
  const specified = items.map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]): [string, FieldValue] => {
        if (typeof value !== "object" || value === null) return [name, value];
        const slot = arrays.push(value.data) - 1;
        return [name, { place: "external", slot, dtype: value.dtype, shape: value.shape }];
      }),
    ),
  );
  const program = new NativeProgram({
    device,
    slots: arrays.length,
    state: 0,
    workspace: 0,
    hyper: 0,
    sequences: [[{ kernel, items: specified }]],
  });
  const copies = isHost(device) ? undefined : arrays.map((array) => new DeviceCopy(device, array));
  program.bind(
    arrays.map((_, slot) => slot),
    copies?.map(({ memory }) => memory) ?? arrays,
  );
  function dispose(): void {
    program.dispose();
    for (const copy of copies ?? []) copy.dispose();
  }
  return {
    run: () => program.run(0, noHyper),
    wait: () => program.synchronize(),
    finish() {
      program.synchronize();
      for (const copy of copies ?? []) copy.download();
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

const alignment = 16;

/** An array's twin on a device, as well aligned as the array is. */
class DeviceCopy {
  readonly memory: DeviceBytes | null = null;
  readonly #array: ArrayBufferView;
  readonly #buffer: DeviceBuffer | undefined;
  readonly #offset: number = 0;

  constructor(device: string, array: ArrayBufferView) {
    this.#array = array;
    if (array === null) return; // an absent gradient
    this.#offset = array.byteOffset % alignment;
    this.#buffer = new DeviceBuffer(device, this.#offset + array.byteLength);
    this.#buffer.write(array, this.#offset);
    const ptr = this.#buffer.ptr + BigInt(this.#offset);
    this.memory = { ptr, byteLength: array.byteLength };
  }

  download(): void {
    this.#buffer?.read(this.#array, this.#offset);
  }

  dispose(): void {
    this.#buffer?.dispose();
  }
}
