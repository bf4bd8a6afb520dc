import { adago, Optimizer } from "lean-optim";
import { backends, hasKernel } from "../support/backends.js";
import { type OrthogonalSettings, worstOf } from "../support/orthogonal-walk.js";
import { refusal } from "../support/refusal.js";

const defaults: OrthogonalSettings = {
  lr: 5e-2,
  weightDecay: 0,
  beta: 0.95,
  nesterov: false,
  schedule: "muon",
  steps: 5,
  shapeScale: () => 1,
  initial: 1e-3,
  maxNorm: 10,
  leastStep: 5e-4,
};

describe.each(backends().filter((device) => hasKernel(device, "orthogonalStep")))(
  "%s",
  (device) => {
    test.each([
      ["its defaults", adago(), defaults],
      ["a low ceiling", adago({ maxNorm: 0.5 }), { ...defaults, maxNorm: 0.5 }],
      ["a high floor", adago({ leastStep: 0.04 }), { ...defaults, leastStep: 0.04 }],
      ["a full accumulator", adago({ initialAccumulator: 30 }), { ...defaults, initial: 30 }],
      ["Nesterov", adago({ nesterov: true }), { ...defaults, nesterov: true }],
      [
        "decay and the polar factor",
        adago({ weightDecay: 0.3, nsSchedule: "exact" }),
        { ...defaults, weightDecay: 0.3, schedule: "exact" },
      ],
    ] as const)("%s", (_, recipe, settings) => {
      expect(worstOf(recipe, settings as OrthogonalSettings, device)).toBeLessThan(1e-3);
    });
  },
);

test("state: the momentum and a number", () => {
  const params = [{ name: "w", data: new Float32Array(6), shape: [2, 3] }];
  const optimizer = new Optimizer([{ params, optimizer: adago({ initialAccumulator: 2 }) }]);
  expect(optimizer.memory().byKind).toMatchObject({ momentum: 24, secondMoment: 4 });
  expect(optimizer.stateDict()["w.exp_avg_sq"]?.data).toEqual(Float32Array.of(4));
});

test.each([
  [{ maxNorm: 0 }, "maxNorm"],
  [{ leastStep: -1 }, "leastStep"],
  [{ initialAccumulator: 0 }, "initial"],
] as const)("%j is refused", (options, parameter) => {
  expect(() => adago(options)).toThrow(refusal("ERR_LEAN_INVALID_ARG", parameter));
});
