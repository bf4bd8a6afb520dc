import {
  type CounterReport,
  Optimizer,
  type OptimizerOptions,
  type Recipe,
  type StateDict as State,
  type WeightArray,
} from "lean-optim";
import { Mirrored } from "../../lib/cli/verify/mirrored.js";
import type { Basis } from "../../lib/given-bases.js";
import { Companion, type OracleSettings } from "./companion.js";
import { decode, encode, float32, randomArray, randomFloats, type WeightType } from "./dtypes.js";
import { expectNear, largest } from "./near.js";
import { countOf, type Shape, shapes } from "./shapes.js";

export interface Walk {
  readonly recipe: Recipe;
  readonly oracle: OracleSettings;
  readonly type?: WeightType;
  readonly parameters?: readonly Shape[];
  readonly options?: OptimizerOptions;
  readonly steps?: number;
  /** What gradients arrive multiplied by. */
  readonly gradScale?: number;
  /** The learning rate of step t = 1, 2, ..., set on every group. */
  readonly lr?: (step: number) => number;
  /** The learning rate that the oracle takes, where the library has a schedule. */
  readonly scheduled?: (step: number) => number;
  /** What step t is handed as bases. */
  readonly bases?: (step: number) => Readonly<Record<string, Basis>> | undefined;
  /** Puts something into the gradients of step t. */
  readonly disturb?: (grad: Float64Array, step: number, name: string) => void;
}

/**
 * Steps an Optimizer beside float64 oracles, with random gradients. After each step weights, moments
 * and counters must be what the oracle makes of the weights and moments before it, as near as storing
 * them and a few roundings allow. So errors do not add up, and none hides behind another.
 */
export function walk(what: Walk): Optimizer {
  const { recipe, oracle, type = float32, parameters = shapes, gradScale = 1 } = what;
  const { dtype, gradDtype } = type;
  const device = what.options?.device ?? "cpu";
  const mirrors = new Map(
    parameters.map(({ name, shape }, i) => [
      name,
      new Mirrored(device, randomArray(countOf(shape), 1 + i, dtype)),
    ]),
  );
  const params = parameters.map(({ name, shape, batched }) => {
    const data = (mirrors.get(name) as Mirrored<WeightArray>).handle;
    return { name, shape, batched, dtype, gradDtype, data };
  });
  const optimizer = new Optimizer([{ params, optimizer: recipe }], what.options);
  const companions = Companion.all(parameters, { lr: recipe.lr, ...oracle });
  const weights = () =>
    new Map([...mirrors].map(([name, mirror]) => [name, decode(mirror.refresh(), dtype)]));

  function gradientsAt(step: number): Map<string, WeightArray> {
    return new Map(
      parameters.map(({ name, shape }, i) => {
        const grad = decode(randomFloats(countOf(shape), 1000 * step + i), "float32");
        what.disturb?.(grad, step, name);
        const scaled = grad.map((x) => gradScale * x);
        return [name, encode(scaled, gradDtype)];
      }),
    );
  }

  for (let step = 1; step <= (what.steps ?? 7); step++) {
    const grads = gradientsAt(step);
    const lr = what.lr?.(step);
    if (lr !== undefined) for (const group of optimizer.groups) group.lr = lr;
    const before = { weights: weights(), state: optimizer.stateDict() };
    const lent = [...grads].map(([name, g]) => [name, new Mirrored(device, g)] as const);
    optimizer.step({
      grads: Object.fromEntries(lent.map(([name, { handle }]) => [name, handle])),
      gradScale,
      bases: what.bases?.(step),
    });
    optimizer.synchronize();
    const after = { weights: weights(), state: optimizer.stateDict() };

    const seen = new Map(
      [...grads].map(([name, g]) => [name, decode(g, gradDtype).map((x) => x / gradScale)]),
    );
    const gradNorm = Math.hypot(...[...seen.values()].flatMap((grad) => Array.from(grad)));
    for (const companion of companions) {
      const { name } = companion;
      companion.synchronize(before.weights.get(name) as Float64Array, before.state);
      companion.oracle.step(companion.part(seen.get(name) as Float64Array), {
        basis: companion.state(after.state, "basis"),
        leftBasis: companion.state(after.state, "left_basis"),
        lines: companion.state(after.state, "index"),
        gradNorm,
        lr: what.scheduled?.(step) ?? lr,
      });
      const label = `step ${step}: ${companion.label}`;
      compareWeights(label, companion, before.weights, after.weights, dtype);
      compareMoments(label, companion, after.state, before.state);
    }
    compareCounters(step, companions, optimizer);
  }
  return optimizer;
}

type Weights = ReadonlyMap<string, Float64Array>;

function compareWeights(
  label: string,
  companion: Companion,
  before: Weights,
  after: Weights,
  dtype: string,
): void {
  const start = companion.part(before.get(companion.name) as Float64Array);
  if (companion.isLowRank) {
    compareLowRank(label, companion, start, after, dtype);
    return;
  }
  const expected = companion.oracle.param;
  const change = expected.map((w, i) => w - (start[i] as number));
  // A projection mixes the elements of a line, so what it rounds is as large as the largest of them.
  const denominators = companion.denominators();
  const scales = companion.isProjected ? denominators : denominators.fill(1);
  const numerator = largest(change.map((x, i) => x * (scales[i] as number)));
  expectNear(`${label}.data`, companion.part(after.get(companion.name) as Float64Array), expected, {
    dtype,
    // W and the factor of its decay are each rounded to float32, and so is all that is in N.
    slack: (w, i) =>
      2 ** -23 * Math.max(Math.abs(w), Math.abs(start[i] as number)) +
      (2 ** -20 * numerator) / (scales[i] as number),
  });
}

/** The bounds know of all roundings but those of the scalars, of which there are a dozen. */
function compareLowRank(
  label: string,
  companion: Companion,
  start: Float64Array,
  after: Weights,
  dtype: string,
): void {
  const { param } = companion.oracle;
  const bounds = companion.lowRankBounds()?.param;
  const actual = companion.part(after.get(companion.name) as Float64Array);
  const step = largest(param.map((w, i) => w - (start[i] as number)));
  const slack = (_: number, i: number) => 2 * (bounds?.[i] ?? 0) + 2 ** -20 * step;
  expectNear(`${label}.data`, actual, param, { dtype, slack });
}

function compareMoments(label: string, companion: Companion, after: State, before: State): void {
  const low = companion.lowRankBounds();
  if (low !== null && companion.oracle.lastNorm > 0) {
    const { lastNorm } = companion.oracle;
    const slack = () => 2 * low.lastNorm + 2 ** -20 * lastNorm;
    const actual = companion.state(after, "last_norm") ?? [];
    expectNear(`${label}.last_norm`, actual, [lastNorm], { dtype: "float32", slack });
  }
  for (const [key, expected = []] of companion.moments()) {
    const dtype = after[`${companion.name}.${key}`]?.dtype ?? "float32";
    const size = largest(expected) + largest(companion.state(before, key) ?? []);
    const slack = {
      exp_avg: () => 2 ** -22 * size,
      // Squares do not cancel: each sum is right by itself. What is squared may cancel, under l2 or in
      // a projection, which has bounds of its own.
      exp_avg_sq: (x: number, i: number) =>
        2 ** -21 * (companion.isCoupled ? Math.sqrt(x * size) : x) +
        2 * (low?.secondMoment[i] ?? 0),
    }[key];
    expectNear(`${label}.${key}`, companion.state(after, key) ?? [], expected, { dtype, slack });
  }
}

function compareCounters(step: number, companions: readonly Companion[], optimizer: Optimizer) {
  const counted = companions.map(({ name, matrix, label }) => {
    const { calls, updates, sinceBasis } = optimizer.counters(name)[matrix] as CounterReport;
    return { label, calls, updates, sinceBasis };
  });
  const expected = companions.map(({ label, oracle }) => {
    const { calls, updates, sinceRestart } = oracle;
    return { label, calls, updates, sinceBasis: sinceRestart };
  });
  expect({ step, counted }).toEqual({ step, counted: expected });
}
