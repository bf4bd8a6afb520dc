import { adamw, muon, Optimizer } from "lean-optim";
import { backends, hasKernel } from "../support/backends.js";
import { type OrthogonalSettings, worstOf } from "../support/orthogonal-walk.js";
import { refusal } from "../support/refusal.js";

const original = (rows: number, cols: number) => Math.sqrt(Math.max(1, rows / cols));
const defaults: OrthogonalSettings = {
  lr: 1e-3,
  weightDecay: 0.1,
  beta: 0.95,
  nesterov: true,
  schedule: "muon",
  steps: 5,
  shapeScale: original,
};

describe.each(backends().filter((device) => hasKernel(device, "orthogonalStep")))(
  "%s",
  (device) => {
    const options = { lr: 0.02, weightDecay: 0.3 };
    const usual = { ...defaults, ...options };
    test.each([
      ["its defaults", muon(), defaults],
      [
        "no Nesterov momentum",
        muon({ ...options, nesterov: false }),
        { ...usual, nesterov: false },
      ],
      ["another momentum", muon({ ...options, momentum: 0.5 }), { ...usual, beta: 0.5 }],
      ["more iterations", muon({ ...options, nsSteps: 7 }), { ...usual, steps: 7 }],
      [
        "Polar Express",
        muon({ ...options, nsSchedule: "polarExpress" }),
        { ...usual, schedule: "polarExpress", steps: 7 },
      ],
      [
        "the polar factor",
        muon({ ...options, nsSchedule: "exact" }),
        { ...usual, schedule: "exact" },
      ],
      ["no scale", muon({ ...options, shapeScale: "none" }), { ...usual, shapeScale: () => 1 }],
      [
        "AdamW's scale",
        muon({ ...options, shapeScale: "matchRmsAdamW" }),
        { ...usual, shapeScale: (m: number, n: number) => 0.2 * Math.sqrt(Math.max(m, n)) },
      ],
    ] as const)("%s", (_, recipe, settings) => {
      // Float32 iterations stretch roundings by up to 3.4 each.
      expect(worstOf(recipe, settings as OrthogonalSettings, device)).toBeLessThan(1e-3);
    });
  },
);

test("vectors are stepped as by AdamW, which is said once", () => {
  const warnings = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  const grad = Float32Array.of(1, -2, 3);
  const step = (optimizer: ReturnType<typeof muon>) => {
    const weights = ["a", "b"].map((name) => ({ name, data: new Float32Array(3), grad }));
    new Optimizer([{ params: weights, optimizer }]).step();
    return weights.map(({ data }) => [...data]);
  };
  expect(step(muon({ lr: 0.1, weightDecay: 0 }))).toEqual(step(adamw({ lr: 0.1, weightDecay: 0 })));
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(warnings.mock.calls[0]?.[0]).toMatch(/AdamW/);
  warnings.mockRestore();
});

test("a momentum of zeros moves nothing but decay", () => {
  const data = new Float32Array(6).fill(2);
  const params = [{ name: "w", data, shape: [2, 3], grad: new Float32Array(6) }];
  new Optimizer([{ params, optimizer: muon({ lr: 0.1, weightDecay: 0.5 }) }]).step();
  for (const w of data) expect(w).toBeCloseTo(1.9, 6);
});

test("state: the momentum", () => {
  const params = [{ name: "w", data: new Float32Array(6), shape: [2, 3] }];
  const { byKind } = new Optimizer([{ params, optimizer: muon() }]).memory();
  expect(byKind).toMatchObject({ momentum: 24, secondMoment: 0 });
});

test.each([
  [{ nsSteps: 0 }, "ERR_LEAN_INVALID_ARG", "steps"],
  [{ nsSchedule: "exact", nsSteps: 5 }, "ERR_LEAN_INVALID_ARG", "steps"],
  [{ nsSchedule: "newton" }, "ERR_LEAN_INVALID_ARG", "schedule"],
  [{ shapeScale: "rms" }, "ERR_LEAN_INVALID_ARG", "shapeScale"],
  [{ momentum: 1 }, "ERR_LEAN_INVALID_ARG", "beta"],
  [{ compat: "jax" }, "ERR_LEAN_INVALID_ARG", "compat"],
  [{ bias: "hf" }, "ERR_LEAN_UNKNOWN_OPTION", "bias"],
  [{ decay: "l2" }, "ERR_LEAN_UNSUPPORTED", "decay"],
] as const)("%j is refused", (options, code, parameter) => {
  expect(() => muon(options as never)).toThrow(refusal(code, parameter));
});
