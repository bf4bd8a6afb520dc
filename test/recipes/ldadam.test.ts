import {
  adamw,
  type LdadamOptions,
  ldadam,
  Optimizer,
  type Recipe,
  recipeFromConfig,
  type StateDict,
} from "lean-optim";
import { Mirrored } from "../../lib/cli/verify/mirrored.js";
import { LdadamOracle } from "../oracle/ldadam.js";
import { errorOf, pending } from "../oracle/ldadam-step.js";
import { matrix } from "../oracle/matrix.js";
import { sideOf } from "../oracle/subspace.js";
import { backends, hasKernel } from "../support/backends.js";
import { randomFloats, valuesOf } from "../support/dtypes.js";
import { expectNear, largest } from "../support/near.js";
import { refusal } from "../support/refusal.js";
import { countOf, matricesOf, type Shape, shapes } from "../support/shapes.js";

const matrices = shapes.filter(({ shape, name }) => shape.length > 1 && name !== "column");
const usual = { lr: 0.05, rank: 2 } as const;

/** Steps an Optimizer beside oracles that start every step where it is, in the bases that it finds. */
function walk(
  device: string,
  options: LdadamOptions,
  more: { gradFactor?: (norm: number) => number; optimizer?: { maxGradNorm: number } } = {},
): void {
  const settings = { ...usual, betas: [0.908, 0.99] as const, rho: 0.908, eps: 1e-8, ...options };
  const { side = "std", errorFeedback = true, weightDecay = 0 } = settings;
  const weights = matrices.map(
    ({ shape }, i) => new Mirrored(device, randomFloats(countOf(shape), 1 + i)),
  );
  const params = matrices.map((parameter, i) => ({
    ...parameter,
    data: (weights[i] as Mirrored<Float32Array>).handle,
    dtype: "float32" as const,
  }));
  const recipe = ldadam({ ...usual, ...options });
  const optimizer = new Optimizer([{ params, optimizer: recipe }], { device, ...more.optimizer });
  for (let step = 1; step <= 6; step++) {
    const grads = matrices.map(({ shape }, i) => randomFloats(countOf(shape), 100 * step + i));
    const norm = Math.hypot(...grads.flatMap((grad) => [...grad]));
    const before = {
      state: optimizer.stateDict(),
      weights: weights.map((w) => w.refresh().slice()),
    };
    const lent = grads.map((grad) => new Mirrored(device, grad));
    optimizer.step({
      grads: Object.fromEntries(matrices.map(({ name }, i) => [name, lent[i]?.handle ?? null])),
    });
    const state = optimizer.stateDict();
    matrices.forEach((parameter, i) => {
      for (const part of matricesOf(parameter)) {
        const [rows, ...rest] = part.shape as [number, ...number[]];
        const shape = [rows, countOf(rest)] as const;
        const of = (from: StateDict, key: string) => partOf(from, parameter, part, key);
        const own = (values: ArrayLike<number>) =>
          Float64Array.from(values).subarray(part.begin, part.end);
        const oracle = new LdadamOracle(
          {
            shape,
            side: sideOf(side, ...shape),
            rank: 2,
            beta1: settings.betas[0],
            beta2: settings.betas[1],
            rho: settings.rho,
            eps: settings.eps,
            lr: usual.lr,
            weightDecay,
            errorFeedback,
            method: "powerIteration",
          },
          own(before.weights[i] as Float32Array),
        );
        const basisOf = (from: StateDict) =>
          matrix(oracle.basis.rows, oracle.basis.cols, of(from, "basis"));
        oracle.momentum.set(of(before.state, "exp_avg"));
        oracle.secondMoment.set(of(before.state, "exp_avg_sq"));
        oracle.basis = basisOf(before.state);
        const [beta1] = settings.betas;
        const view = () => ({ ...oracle, ...oracle.options });
        oracle.error?.set(errorOf(of(before.state, "error"), view(), beta1));
        oracle.updates = step - 1;
        oracle.step(own(grads[i] as Float32Array), {
          basis: basisOf(state),
          gradFactor: more.gradFactor?.(norm) ?? 1,
        });
        const near = (key: string, actual: ArrayLike<number>, exact: ArrayLike<number>) =>
          expectNear(`step ${step}: ${parameter.name}.${key}`, actual, exact, {
            dtype: "float32",
            slack: () => 2 ** -17 * largest(exact),
          });
        near("data", own((weights[i] as Mirrored<Float32Array>).refresh()), oracle.param);
        near("exp_avg", of(state, "exp_avg"), oracle.momentum);
        near("exp_avg_sq", of(state, "exp_avg_sq"), oracle.secondMoment);
        if (oracle.error === null) continue;
        near("error", of(state, "error"), pending(oracle.error, view(), beta1));
      }
    });
  }
  expect(optimizer.counters("square")[0]).toMatchObject({ updates: 6, refreshes: 6, refused: 0 });
}

function partOf(
  state: StateDict,
  { name }: Shape,
  { number, of }: { number: number; of: number },
  key: string,
): Float64Array {
  const values = valuesOf(state, `${name}.${key}`);
  const count = values.length / of;
  return values.subarray(number * count, (number + 1) * count);
}

const able = backends().filter((device) => hasKernel(device, "ldadamStep"));

describe.each(able)("on %s", (device) => {
  test.each<[string, LdadamOptions]>([
    ["its defaults", {}],
    ["without error feedback", { errorFeedback: false }],
    ["other betas, rho and epsilon", { betas: [0.5, 0.9], rho: 0.3, eps: 0.1 }],
    ["no momentum in the basis", { rho: 0 }],
    ["weight decay", { weightDecay: 0.3 }],
    ["from the left", { side: "left" }],
    ["from the right", { side: "right" }],
    ["the longer side", { side: "reverse" }],
    ["a first basis by randomizedSvd", { projector: "randomizedSvd" }],
    ["singular vectors at every step", { projector: "svd", method: "svd" }],
    ["singular vectors of the longer side", { method: "svd", side: "reverse" }],
    ["singular vectors of gradients alone", { method: "svd", rho: 0, errorFeedback: false }],
  ])("%s", (_, options) => walk(device, options));

  test("clipping acts on the gradient, never on the error", () => {
    const gradFactor = (norm: number) => Math.min(1, 2 / (norm + 1e-6));
    walk(device, {}, { gradFactor, optimizer: { maxGradNorm: 2 } });
  });

  test("a parameter may appear late: its first step is like any other's", () => {
    const grads = [1, 2, 3].map((seed) => randomFloats(60, seed));
    const run = (late: number) => {
      const data = new Mirrored(device, randomFloats(60, 9));
      const params = [{ name: "w", shape: [12, 5], data: data.handle, dtype: "float32" as const }];
      const optimizer = new Optimizer([{ params, optimizer: ldadam(usual) }], { device, seed: 3 });
      for (let i = 0; i < late; i++) optimizer.step({ grads: { w: null } });
      for (const grad of grads) optimizer.step({ grads: { w: new Mirrored(device, grad).handle } });
      return data.refresh();
    };
    expect(run(4)).toEqual(run(0));
  });
});

test("vectors get AdamW", () => {
  const walked = (recipe: Recipe) => {
    const data = randomFloats(11, 1);
    const optimizer = new Optimizer([{ params: [{ name: "b", data }], optimizer: recipe }]);
    for (let t = 1; t <= 5; t++) optimizer.step({ grads: { b: randomFloats(11, 10 + t) } });
    return data;
  };
  const betas = [0.908, 0.99] as const;
  expect(walked(ldadam({ lr: 0.1 }))).toEqual(walked(adamw({ lr: 0.1, betas, weightDecay: 0 })));
});

test("a first gradient of zeros leaves the basis to chance, and counts it", () => {
  const params = [{ name: "w", shape: [6, 4], data: new Float32Array(24) }];
  const optimizer = new Optimizer([{ params, optimizer: ldadam(usual) }]);
  optimizer.step({ grads: { w: new Float32Array(24) } });
  optimizer.step({ grads: { w: new Float32Array(24) } });
  expect(optimizer.counters("w")[0]).toMatchObject({ updates: 2, refreshes: 0, refused: 2 });
  optimizer.step({ grads: { w: randomFloats(24, 1) } });
  expect(optimizer.counters("w")[0]).toMatchObject({ updates: 3, refreshes: 1, refused: 2 });
});

test("an error in bfloat16 takes half the room", () => {
  const bytes = (options: LdadamOptions) => {
    const params = [{ name: "w", shape: [64, 32], data: new Float32Array(2048) }];
    return new Optimizer([{ params, optimizer: ldadam({ rank: 8, ...options }) }]).memory().byKind;
  };
  const moments = { momentum: 2048, secondMoment: 2048, basis: 1024, counters: 64 };
  expect(bytes({})).toEqual({ ...moments, error: 8192 });
  expect(bytes({ errorDtype: "bfloat16" })).toEqual({ ...moments, error: 4096 });
  expect(bytes({ errorFeedback: false })).toEqual({ ...moments, error: 0 });
});

test("is made again from its configuration", () => {
  const own = { rank: 3, rho: 0.5, projector: "svd", method: "svd" } as const;
  const options = { ...own, errorDtype: "bfloat16" } as const;
  const { config } = ldadam(options);
  expect(recipeFromConfig(JSON.parse(JSON.stringify(config))).config).toEqual(config);
});

test.each([
  ["betas", { betas: [0.9, 1] as const }, "ERR_LEAN_INVALID_ARG", "beta2", 1],
  ["rho", { rho: 1 }, "ERR_LEAN_INVALID_ARG", "rho", 1],
  ["method", { method: "qr" as never }, "ERR_LEAN_INVALID_ARG", "method", "qr"],
  ["lines", { projector: "topK" as const }, "ERR_LEAN_UNSUPPORTED", "projector", "topK"],
  ["given bases", { projector: "given" as const }, "ERR_LEAN_UNSUPPORTED", "projector", "given"],
  [
    "errorDtype",
    { errorDtype: "float16" as never },
    "ERR_LEAN_INVALID_ARG",
    "errorDtype",
    "float16",
  ],
] as const)("refuses %s", (_, options, code, parameter, value) => {
  expect(() => ldadam(options)).toThrow(refusal(code, parameter, value));
});
