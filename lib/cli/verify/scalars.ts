/** Scalars and counters of steps, as kernels read them. */
import type { StepScalars } from "../../../test/oracle/step-scalars.js";
import { counterNames, scalarNames } from "../../native.js";
import type { KernelTensor } from "../../run-kernel.js";
import { floats, int64s } from "./tensors.js";

export type KernelScalars = StepScalars & Record<"active" | "refresh" | "dropMomentum", number>;

/** The third step of Adam, with everything that has a part in it. */
const adam: KernelScalars = {
  active: 1,
  refresh: 0,
  gradFactor: 0.7,
  l2: 0,
  mDecay: 0.9,
  mGain: 0.1,
  mScale: 1 / (1 - 0.9 ** 3),
  nGrad: 0,
  vDecay: 0.999,
  vGain: 0.001,
  vScale: 1 / Math.sqrt(1 - 0.999 ** 3),
  eps: 1e-8,
  stepSize: 0.05,
  decayBefore: 0.995,
  decayAfter: 1,
  dropMomentum: 0,
};

/** Scalars rounded to float32, as kernels get them. */
export function stepScalars(changes: Partial<KernelScalars> = {}): KernelScalars {
  const exact = { ...adam, ...changes };
  return scalarsOf(scalarNames.map((name) => Math.fround(exact[name])));
}

/** The kinds of steps that the recipes take. */
export const scalarVariants: readonly KernelScalars[] = [
  stepScalars(),
  // Published order: decay afterwards, one correction on the step, eps added early.
  stepScalars({
    mScale: 1,
    vScale: 1,
    stepSize: 0.03,
    eps: 1e-3,
    decayBefore: 1,
    decayAfter: 0.98,
  }),
  // AdaGrad: sums.
  stepScalars({ gradFactor: 1, vDecay: 1, vGain: 1, vScale: 1, mScale: 1, decayBefore: 1 }),
  // A large loss scale, clipped.
  stepScalars({ gradFactor: 1 / 1024, stepSize: 0.2 }),
];

/** What only steps in the full space do: coupled decay, Nesterov momentum. */
export const denseScalarVariants: readonly KernelScalars[] = [
  ...scalarVariants,
  stepScalars({ l2: 0.1, decayBefore: 1 }),
  stepScalars({ mGain: 0.5, mScale: 0.9, nGrad: 1, l2: 0.02 }),
];

export function scalarsTensor(scalars: KernelScalars): KernelTensor {
  return floats(
    "float32",
    [scalarNames.length],
    scalarNames.map((name) => scalars[name]),
  );
}

export function scalarsOf(values: ArrayLike<number>): KernelScalars {
  const entries = scalarNames.map((name, i): [keyof KernelScalars, number] => [name, values[i]]);
  return Object.fromEntries(entries) as Record<keyof KernelScalars, number>;
}

export type KernelCounters = Record<(typeof counterNames)[number], number>;

/** Counters of a parameter in the middle of a run. */
export function counters(changes: Partial<KernelCounters> = {}): KernelCounters {
  const hasBasis = 1;
  const run = { calls: 12, updates: 11, sinceBasis: 5, hasBasis, skipped: 1, refreshes: 3 };
  return { ...run, refused: 0, reserved: 0, ...changes };
}

export function countersTensor(values: KernelCounters): KernelTensor {
  return int64s(counterNames.map((name) => values[name]));
}
