/** Cases for one kernel: an item's tensors and choices, run through the one native entry. */

import { type KernelName, scalarNames, setThreads } from "../../lib/native.js";
import { bindKernel, type KernelTensor } from "../../lib/run-kernel.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "./case.js";
import { noise, noiseOf, type Shape, tensor, type WeightType } from "./data.js";

export type Item = Readonly<Record<string, KernelTensor | number | boolean | string>>;

export interface KernelCase<T extends Item> {
  readonly name: string;
  readonly bytes: number;
  readonly flops?: number;
  /** Made once for each measurement; the kernel steps it in place. */
  item(): T;
  /** Before every run: restores what a run uses up. */
  before?(item: T): void;
}

export function kernelCase<T extends Item>(kernel: KernelName, options: KernelCase<T>): BenchCase {
  const { name, bytes, flops = 0, item: make, before } = options;
  return {
    name,
    bytes,
    flops,
    setup(threads) {
      setThreads(threads);
      const item = make();
      const program = bindKernel("cpu", kernel, [item]);
      return {
        run() {
          before?.(item);
          program.run();
        },
        dispose: () => program.dispose(),
      };
    },
  };
}

/** StepScalars of an Adam step far from the start, small enough to be repeated for ever. */
export function stepScalars({ refresh = 0 } = {}): KernelTensor {
  const values: Partial<Record<(typeof scalarNames)[number], number>> = {
    active: 1,
    refresh,
    gradFactor: 1,
    mDecay: 0.9,
    mGain: 0.1,
    mScale: 1,
    vDecay: 0.999,
    vGain: 0.001,
    vScale: 1,
    eps: 1e-8,
    stepSize: 1e-6,
    decayBefore: 1,
    decayAfter: 1,
  };
  return tensor(
    Float32Array.from(scalarNames, (name) => values[name] ?? 0),
    [scalarNames.length],
  );
}

/** Counters after a hundred steps, with a basis. */
export function stepCounters(): KernelTensor {
  return tensor(BigInt64Array.of(100n, 100n, 100n, 1n, 0n, 1n, 0n, 0n), [8]);
}

export function weight(shape: Shape, dtype: WeightType = "float32"): KernelTensor {
  return tensor(noiseOf(dtype, numel(shape), 0.02, 1), shape);
}

export function gradient(shape: Shape, dtype: WeightType = "float32"): KernelTensor {
  return tensor(noiseOf(dtype, numel(shape), 1e-3, 2), shape);
}

export function momentum(shape: Shape, dtype: WeightType = "float32"): KernelTensor {
  return tensor(noiseOf(dtype, numel(shape), 1e-3, 3), shape);
}

export function secondMoment(count: number): KernelTensor {
  return tensor(new Float32Array(count).fill(1e-6), [count]);
}

/** Orthonormal columns without a factorization: column j holds the rows j, j + rank, j + 2 rank, ... */
export function basis(rows: number, rank: number): KernelTensor {
  const columns = new Float32Array(rows * rank);
  const random = noise(rows, 1, 4);
  for (let column = 0; column < rank; column++) {
    const height = Math.ceil((rows - column) / rank);
    for (let row = column; row < rows; row += rank) {
      const sign = (random[row] ?? 0) < 0 ? -1 : 1;
      columns[row * rank + column] = sign / Math.sqrt(height);
    }
  }
  return tensor(columns, [rows, rank]);
}

/** Every `stride`-th line. */
export function lineNumbers(rank: number, stride: number): KernelTensor {
  return tensor(
    Int32Array.from({ length: rank }, (_, line) => line * stride),
    [rank],
  );
}
