/** Cases of kernels: items with what should become of them. */
import type { KernelName } from "../../native.js";
import { type KernelTensor, runKernel } from "../../run-kernel.js";
import { absent } from "./tensors.js";
import { bytesOf, Worst } from "./worst.js";

export type KernelField = KernelTensor | number | boolean | string | undefined;

/** One item of a kernel's call, with its own memory. */
export interface TestItem {
  readonly fields: Readonly<Record<string, KernelField>>;
  /** Fields that the kernel may change. All others must be as they were, to the bit. */
  readonly writes: readonly string[];
  /** Compares what the call left in the fields' tensors with what it should have. */
  check(worst: Worst): void;
}

/** What a case came to: it passed when `error` is at most `tolerance`. */
export interface CaseResult {
  /** The largest error, in units of the bound that the case derives for each number. */
  readonly error: number;
  readonly tolerance: 1;
  /** What was worst. */
  readonly detail: string;
}

export interface KernelCase {
  readonly kernel: KernelName;
  readonly name: string;
  run(device: string): CaseResult;
  /** What the tensors hold after a run from the same numbers, for each of the `settings`. */
  outputs(device: string, settings: readonly (() => void)[]): Buffer[][];
}

/** A case that runs a kernel once, over all of the items. `items` makes new ones each time. */
export function kernelCase(
  kernel: KernelName,
  name: string,
  items: () => readonly TestItem[],
): KernelCase {
  return sequenceCase(kernel, name, () => [items()]);
}

/**
 * A case of several calls. `calls` makes new items each time; `check` compares the calls with each
 * other, after each item has been checked.
 */
export function sequenceCase(
  kernel: KernelName,
  name: string,
  calls: () => readonly (readonly TestItem[])[],
  check: (worst: Worst, calls: readonly (readonly TestItem[])[]) => void = () => {},
): KernelCase {
  function execute(device: string, made: readonly (readonly TestItem[])[]): void {
    for (const items of made) {
      const fields = items.map((item) => item.fields);
      runKernel(device, kernel, fields);
    }
  }
  return {
    kernel,
    name,
    run(device) {
      const made = calls();
      const items = made.flat();
      const read = items.flatMap(copiesOfRead);
      execute(device, made);
      const worst = new Worst();
      for (const { name, data, copy } of read)
        worst.same(`${name}, which is only read`, data, copy);
      for (const item of items) item.check(worst);
      check(worst, made);
      return { error: worst.error, tolerance: 1, detail: worst.where };
    },
    outputs(device, settings) {
      const made = calls();
      const memory = made
        .flat()
        .flatMap(({ fields }) => Object.values(fields).filter(isTensor))
        .map(({ data }) => bytesOf(data));
      const start = memory.map((bytes) => Buffer.from(bytes));
      return settings.map((set) => {
        memory.forEach((bytes, i) => {
          bytes.set(start[i]);
        });
        set();
        execute(device, made);
        return memory.map((bytes) => Buffer.from(bytes));
      });
    },
  };
}

export function isTensor(field: KernelField): field is KernelTensor {
  return typeof field === "object" && field.data !== null;
}

function copiesOfRead({ fields, writes }: TestItem) {
  return Object.entries(fields).flatMap(([name, field]) =>
    isTensor(field) && !writes.includes(name)
      ? [{ name, data: field.data, copy: Buffer.from(bytesOf(field.data)) }]
      : [],
  );
}

/** An item that a kernel must leave alone though it stands among others. */
export function untouched(item: TestItem): TestItem {
  return { ...item, writes: [], check: () => {} };
}

/** The item of a parameter that has no gradient, which a kernel must leave alone. */
export function withoutGradient(item: TestItem): TestItem {
  const { grad } = item.fields;
  const nothing = isTensor(grad) ? absent(grad.dtype, grad.shape) : undefined;
  return untouched({ ...item, fields: { ...item.fields, grad: nothing } });
}
