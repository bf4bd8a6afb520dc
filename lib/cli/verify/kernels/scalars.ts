import { type ScalarsInput, scalars } from "../../../../test/oracle/scalars.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import {
  counters,
  countersTensor,
  type KernelScalars,
  scalarsOf,
  scalarsTensor,
  stepScalars,
} from "../scalars.js";
import { floats, storageError, valuesOf } from "../tensors.js";

const idle = stepScalars({ active: 0 });
const running = stepScalars({ active: 1, refresh: 1 });

function scalarsItem(input: ScalarsInput, before: KernelScalars = running): TestItem {
  const { lr, weightDecay, gradScale, clip, hasSecondMoment, ...options } = input;
  const own = countersTensor(counters(input.counters));
  const tensor = scalarsTensor(before);
  const { counters: _, ...fields } = options;
  return {
    fields: {
      ...fields,
      counters: own,
      scalars: tensor,
      result: clip === 1 ? undefined : floats("float64", [3], [1, 0, clip]),
      group: floats("float64", [2], [lr, weightDecay]),
      hyper: floats("float64", [2], [gradScale, 0]),
      second: hasSecondMoment,
    },
    writes: ["counters", "scalars"],
    check(worst) {
      const expected = scalars(input);
      worst.same("counters", own.data, countersTensor(counters(expected.counters)).data);
      const after = scalarsOf(valuesOf(tensor));
      worst.near(
        "active, refresh",
        [after.active, after.refresh],
        [before.active, before.refresh],
        0,
      );
      worst.near("dropMomentum", [after.dropMomentum], [Number(expected.dropsMomentum)], 0);
      for (const name of meaningful(input)) {
        const exact = expected.scalars[name];
        // Computed in float64, whose own errors are far below what storing in float32 costs.
        const bound = storageError("float32", exact) * (1 + 2 ** -10);
        worst.near(name, [after[name]], [exact], bound);
      }
    },
  };
}

const always = ["gradFactor", "l2", "stepSize", "decayBefore", "decayAfter"] as const;
const ofMomentum = ["mDecay", "mGain", "mScale", "nGrad"] as const;
const ofSecondMoment = ["vDecay", "vGain", "vScale", "eps"] as const;

/** The scalars that a step of this kind reads. */
function meaningful({ momentum, hasSecondMoment }: ScalarsInput) {
  return [
    ...always,
    ...(momentum === "none" ? [] : ofMomentum),
    ...(hasSecondMoment ? ofSecondMoment : []),
  ];
}

const adam: ScalarsInput = {
  counters: counters(),
  lr: 1e-3,
  weightDecay: 0.1,
  decay: "before",
  lrDecay: 0,
  gradScale: 1,
  clip: 1,
  momentum: "ema",
  beta1: 0.9,
  dampening: 0,
  nesterov: false,
  hasSecondMoment: true,
  beta2: 0.999,
  eps: 1e-8,
  bias: "torch",
  correctFirst: true,
  correctSecond: true,
  perBasis: false,
};

/** Counts of a young, a grown and an old parameter, with momenta restarted at different times. */
const ages = [
  [0, 0],
  [1, 1],
  [9, 2],
  [1e3, 0],
  [1e6, 199],
  [2 ** 40, 2 ** 33],
].map(([updates, sinceBasis]) => counters({ calls: updates + 3, updates, sinceBasis }));

function atEveryAge(changes: Partial<ScalarsInput>): TestItem[] {
  return ages.map((age) => scalarsItem({ ...adam, ...changes, counters: age }));
}

const both = [false, true];

export const cases = [
  ...(["torch", "hf"] as const).flatMap((bias) =>
    (["none", "ema", "heavyBall", "subspace"] as const).map((momentum) =>
      kernelCase("scalars", `${momentum}, bias ${bias}`, () =>
        both.flatMap((correctFirst) =>
          both.flatMap((perBasis) => atEveryAge({ bias, momentum, correctFirst, perBasis })),
        ),
      ),
    ),
  ),
  kernelCase("scalars", "heavy ball with dampening and Nesterov momentum", () =>
    [0, 0.3, 1].flatMap((dampening) =>
      both.flatMap((nesterov) => atEveryAge({ momentum: "heavyBall", dampening, nesterov })),
    ),
  ),
  kernelCase("scalars", "averages with Nesterov momentum", () =>
    both.flatMap((correctFirst) =>
      [0, 0.95].flatMap((beta1) => atEveryAge({ beta1, nesterov: true, correctFirst })),
    ),
  ),
  kernelCase("scalars", "second moments: average, sum, square, none", () =>
    [0.999999, 0.9, 1, 0].flatMap((beta2) =>
      both.flatMap((correctSecond) =>
        both.flatMap((hasSecondMoment) => atEveryAge({ beta2, correctSecond, hasSecondMoment })),
      ),
    ),
  ),
  kernelCase("scalars", "weight decay, and a learning rate that decays", () =>
    (["before", "after", "l2"] as const).flatMap((decay) =>
      [0, 0.01].flatMap((lrDecay) => atEveryAge({ decay, lrDecay })),
    ),
  ),
  kernelCase("scalars", "gradient scale and clipping", () =>
    [1, 1024, 3].flatMap((gradScale) =>
      [1, 0.25, 1e-30].flatMap((clip) => atEveryAge({ gradScale, clip })),
    ),
  ),
  kernelCase("scalars", "a published refresh drops the momentum once", () =>
    [0, 1, 2].map((hasBasis) =>
      scalarsItem({ ...adam, momentum: "subspace", counters: counters({ hasBasis }) }),
    ),
  ),
  kernelCase("scalars", "idle items among others", () => [
    scalarsItem(adam),
    untouched(scalarsItem({ ...adam, counters: counters({ hasBasis: 2 }) }, idle)),
    scalarsItem({ ...adam, momentum: "none" }),
  ]),
];
