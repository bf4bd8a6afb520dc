import {
  errorOf,
  followed,
  type LdadamInput,
  ldadamStep,
  nextBasis,
  nextSingularBasis,
  pending,
  powerStep,
  turned,
} from "../../../../test/oracle/ldadam-step.js";
import {
  combine,
  frobeniusNorm,
  type Matrix,
  matrix,
  multiply,
  svd,
  transpose,
} from "../../../../test/oracle/matrix.js";
import { orthonormalityDefect } from "../../../../test/oracle/orthonormal.js";
import { projectedShape } from "../../../../test/oracle/subspace.js";
import type { Precision } from "../../../optimizer-options.js";
import type { KernelTensor } from "../../../run-kernel.js";
import { numel, type StateDType } from "../../../tensor.js";
import { basisOf, emptyProjections, type Projection, projections } from "../bases.js";
import { orthonormalityBound } from "../basis-item.js";
import { describeTypes, stateTypes, turn, type WeightTypes, weightTypes } from "../choices.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import { noise } from "../noise.js";
import { type RandomKey, replayCase } from "../replay-case.js";
import { roundedOperands, sumError, u } from "../rounding.js";
import {
  counters,
  countersTensor,
  type KernelScalars,
  scalarsTensor,
  scalarVariants,
  stepScalars,
} from "../scalars.js";
import { checkStochastic } from "../stochastic-rounding.js";
import { floats, storageError, unitRoundoff, valuesOf } from "../tensors.js";
import { bytesOf, type Worst } from "../worst.js";

const { abs, max, sqrt } = Math;

interface LdadamSpec extends Projection {
  readonly types: WeightTypes;
  readonly state: StateDType;
  readonly basis: StateDType;
  /** Of the error fed back; null: there is none. */
  readonly error: StateDType | null;
  readonly scalars: KernelScalars;
  /** This one included: 1 is a parameter's first, which has no moments yet. */
  readonly updates: number;
  /** How the basis follows. */
  readonly method?: "powerIteration" | "svd";
  readonly precision?: Precision;
  readonly rounding?: "nearest" | "stochastic";
  readonly key?: RandomKey;
  /** Elements of the gradient by rows, in the place of noise. */
  readonly gradient?: ArrayLike<number>;
  /** Whether the momentum is zero. */
  readonly atRest?: boolean;
  readonly seed: number;
}

const settings = { beta1: 0.908, beta2: 0.99, rho: 0.7 } as const;
const feedback = settings.beta1 / (1 - settings.beta1);
const usualKey: RandomKey = { seed: 1, stream: 2, calls: 12 };

interface Item {
  readonly spec: LdadamSpec;
  readonly fields: {
    readonly param: KernelTensor;
    readonly grad: KernelTensor;
    readonly expAvg: KernelTensor;
    readonly expAvgSq: KernelTensor;
    readonly basis: KernelTensor;
    readonly error: KernelTensor | undefined;
    readonly scalars: KernelTensor;
    readonly counters: KernelTensor;
    readonly side: string;
    readonly method: string;
    readonly precision: Precision;
    readonly beta1: number;
    readonly beta2: number;
    readonly rho: number;
    readonly rounding: string;
    readonly seed: number;
    readonly stream: number;
  };
  readonly input: LdadamInput;
  /** The error and the momentum together, as they are kept; null without feedback. */
  readonly kept: Float64Array | null;
  readonly before: { readonly basis: Buffer; readonly counters: ReturnType<typeof counters> };
}

function make(spec: LdadamSpec): Item {
  const { shape, side, rank, types, scalars, updates, rounding = "nearest", seed } = spec;
  const { method = "powerIteration", precision = "highest" } = spec;
  const key = spec.key ?? usualKey;
  const count = numel(shape);
  const isFirst = updates === 1;
  const coordinates = projectedShape(side, ...shape, rank);
  const scaled = (factor: number, salt: number, length = count) =>
    noise(length, seed + salt).map((x) => factor * x);
  const momenta = scaled(isFirst || spec.atRest ? 0 : 0.05, 3, numel(coordinates));
  // Of a process with that mean: v̂ is m̂² and a variance.
  const [bc1, bc2] = [1 - settings.beta1 ** (updates - 1), 1 - settings.beta2 ** (updates - 1)];
  const spread = noise(momenta.length, seed + 4);
  const seconds = momenta.map((m, i) =>
    isFirst ? 0 : bc2 * ((m / bc1) ** 2 + 0.01 * spread[i] ** 2 + 1e-3),
  );
  const param = floats(types.param, shape, scaled(0.5, 0));
  const grad = floats(types.grad, shape, spec.gradient ?? scaled(0.1, 1));
  const expAvg = floats(spec.state, coordinates, momenta);
  const expAvgSq = floats("float32", coordinates, seconds);
  const error =
    spec.error === null ? undefined : floats(spec.error, shape, scaled(isFirst ? 0 : 0.2, 2));
  const basis = basisOf(spec, spec.basis, seed + 5);
  const counted = counters({ calls: key.calls, updates });
  const kept = error === undefined ? null : valuesOf(error);
  const state = { shape, side, basis: basis.values, momentum: valuesOf(expAvg) };
  return {
    spec,
    fields: {
      param,
      grad,
      expAvg,
      expAvgSq,
      basis: basis.tensor,
      error,
      scalars: scalarsTensor(scalars),
      counters: countersTensor(counted),
      side,
      method,
      precision,
      ...settings,
      rounding,
      seed: key.seed,
      stream: key.stream,
    },
    input: {
      ...state,
      param: valuesOf(param),
      grad: valuesOf(grad),
      secondMoment: valuesOf(expAvgSq),
      error: kept && errorOf(kept, state, settings.beta1),
      updates,
    },
    kept,
    before: { basis: Buffer.from(bytesOf(basis.tensor.data)), counters: counted },
  };
}

/** A basis can follow no more directions than there are lines to follow. */
function isRefused({ shape, side, rank }: Projection): boolean {
  return rank > shape[side === "right" ? 0 : 1];
}

function storedBasis({ fields, input }: Item): Matrix {
  return matrix(input.basis.rows, input.basis.cols, valuesOf(fields.basis));
}

const map = (x: Matrix, f: (value: number, i: number) => number) =>
  matrix(x.rows, x.cols, x.data.map(f));
const absolute = (x: Matrix) => map(x, abs);
const squared = (x: Matrix) => map(x, (value) => value * value);
const scale = (factor: number, x: Matrix) => map(x, (value) => factor * value);

/** The columns of the new basis are those of the oracle's, but for their signs. */
function checkBasis(worst: Worst, item: Item): void {
  const { spec, input } = item;
  const basis = storedBasis(item);
  const defect = orthonormalityDefect(basis);
  worst.near("‖PᵀP − I‖ / √r", [defect], [0], orthonormalityBound({ ...spec, ...dummies }));
  const view = turned(input, spec.scalars);
  const b = followed(input, view, settings);
  const isSvd = spec.method === "svd";
  const exact = (isSvd ? nextSingularBasis : nextBasis)(input, spec.scalars, settings);
  const moved = isSvd ? singularBounds(item, b) : [powerBound(item, b)];
  for (let j = 0; j < spec.rank; j++) {
    const column = ({ data, cols }: Matrix) => data.filter((_, i) => i % cols === j);
    const [own, theirs] = [column(basis), column(exact)];
    const sign = Math.sign(own.reduce((sum, x, i) => sum + x * theirs[i], 0));
    const bound = (moved[j] ?? moved[0]) + 4 * u + sqrt(spec.rank) * unitRoundoff(spec.basis);
    worst.near(
      `column ${j} of the basis`,
      own,
      theirs.map((x) => sign * x),
      bound,
    );
  }
}

/** How far rounding may take a column of orth(B·(Bᵀ·P)). */
function powerBound(item: Item, b: Matrix): number {
  const { spec, input } = item;
  const { y } = powerStep(b, input.basis);
  const beside = besideTarget(item);
  const target = scale(1 - settings.rho, keptTarget(item));
  const m = absolute(turned(input, spec.scalars).m);
  const p = absolute(input.basis);
  const v = combine(1, multiply(transpose(target), p), beside, transpose(m));
  const magnitude = combine(1, multiply(target, v), beside, multiply(p, multiply(m, v)));
  const rounded = (depth: number) => roundedOperands(spec.precision ?? "highest", depth);
  const sums = sumError(b.rows) + sumError(b.cols) + sumError(spec.rank) + 10 * u;
  const relative = sums + rounded(b.rows) + rounded(b.cols);
  // The factor Q of Y + ΔY is off by at most about √2·‖ΔY‖ / σ_min(Y) (Sun 1995).
  const least = svd(y).values.at(-1) ?? 0;
  return (2 * relative * frobeniusNorm(magnitude)) / least;
}

/**
 * The same for each singular vector of B, of which B + ΔB has one within about √2·‖ΔB‖ / gap, the
 * distance to the next singular value (Wedin 1972). Eigenvectors of the Gram matrix are those of one
 * off by rounding in float64; and where B's are made of the other side's, the product is rounded.
 */
function singularBounds(item: Item, b: Matrix): number[] {
  const { spec, input } = item;
  const carried = multiply(absolute(input.basis), absolute(turned(input, spec.scalars).m));
  const target = scale(1 - settings.rho, keptTarget(item));
  const size = frobeniusNorm(combine(1, target, besideTarget(item), carried));
  const off = (sumError(spec.rank) + 10 * u) * size;
  const { values } = svd(b);
  const beyond = b.rows > b.cols;
  const product = beyond ? (2 * sumError(b.cols) * size) / values[spec.rank - 1] : 0;
  return Array.from({ length: spec.rank }, (_, j) => {
    const others = [...values.filter((_, i) => i !== j), ...(beyond ? [0] : [])];
    const gap = Math.min(...others.map((x) => abs(x - values[j])), Number.MAX_VALUE);
    const gram = (2 ** -48 * values[0] ** 2) / (gap * values[j]);
    return (2 * off) / gap + gram + product;
  });
}

/** |G| + |what is kept|, turned as the oracle's matrices are. */
function keptTarget({ spec, input, kept }: Item): Matrix {
  const size = (x: ArrayLike<number>) => Float64Array.from(x, abs);
  const grad = size(input.grad);
  return turned({ ...input, grad, error: kept && size(kept) }, spec.scalars).target;
}

/** Magnitudes that add up to the share of back(m) in B that is not in what is kept. */
function besideTarget({ input, kept }: Item): number {
  const { beta1, rho } = settings;
  return rho / (1 - beta1 ** (input.updates - 1)) + (kept === null ? 0 : (1 - rho) * feedback);
}

/** What a spec of a basis has and orthonormality does not depend on. */
const dummies = { gradient: [], grad: "float32", onRefresh: "keep", hasBasis: 1 } as const;

/** How far rounding may take a step in the basis that was found from the exact one. */
function bounds(item: Item, next: Matrix) {
  const { spec, input, kept } = item;
  const { scalars, rank } = spec;
  const { basis } = input;
  const { mDecay, mGain, mScale, vDecay, vGain, vScale, eps } = scalars;
  const { m, v, turn } = turned(input, scalars);
  const target = keptTarget(item);
  const kappa = kept === null ? 0 : feedback;
  const isFirst = input.updates === 1;
  const long = sumError(basis.rows);
  const short = sumError(rank);
  const rounded = (depth: number) => roundedOperands(spec.precision ?? "highest", depth);
  const back = short + rounded(rank);
  const [p, q] = [absolute(basis), absolute(next)];
  const bc1 = isFirst ? 1 : 1 - settings.beta1 ** (input.updates - 1);
  const bc2 = isFirst ? 1 : 1 - settings.beta2 ** (input.updates - 1);

  const h = multiply(transpose(q), target);
  const hError = scale(long + rounded(basis.rows) + 2 * u, h);
  const transfer = multiply(transpose(q), p);
  const carried = multiply(transfer, absolute(m));
  const carriedError = scale(long + short, carried);
  const g = combine(1, h, kappa, carried);
  const gError = combine(1, combine(1, hError, kappa, carriedError), 2 * u, g);
  const variance = combine(1 / bc2, v, 1 / bc1 ** 2, squared(m));
  const spread = multiply(squared(transfer), variance);
  const momentum = combine(mDecay, carried, mGain, g);
  const momentumError = combine(1, combine(mDecay, carriedError, mGain, gError), 2 * u, momentum);
  const second = map(spread, (x, i) => {
    const square = (carried.data[i] / bc1) ** 2;
    const error = (2 * long + short + 16 * u) * x + (2 * (long + short) + 16 * u) * square;
    const before = bc2 * error + 6 * u * bc2 * (x + square);
    const own = g.data[i] * (2 * gError.data[i] + 4 * u * g.data[i]);
    return vDecay * before + vGain * own;
  });

  const exact = ldadamStep(input, next, scalars, settings);
  const coordinates = projectedShape(input.side, ...input.shape, rank);
  const moments = turn(matrix(...coordinates, exact.momentum));
  const seconds = turn(matrix(...coordinates, exact.secondMoment));
  const direction = matrix(g.rows, g.cols);
  const directionError = map(momentumError, (error, i) => {
    const [x, root] = [seconds.data[i], sqrt(seconds.data[i])];
    const denominator = root * vScale + eps;
    const rootError = root - sqrt(max(0, x - second.data[i])) + u * root;
    const denominatorError = vScale * rootError + 2 * u * denominator;
    const numerator = mScale * abs(moments.data[i]);
    direction.data[i] = numerator / denominator;
    const least = denominator - denominatorError;
    return (
      (mScale * error + direction.data[i] * denominatorError) / least + 4 * u * direction.data[i]
    );
  });
  const update = multiply(q, direction);
  const updateError = turn(combine(1, multiply(q, directionError), back, update)).data;
  const numerator = turn(update).data;
  const { stepSize, decayBefore, decayAfter } = scalars;
  const param = Float64Array.from(exact.param, (w, i) => {
    const kept = abs(decayBefore * input.param[i]);
    const error = stepSize * updateError[i] + 3 * u * (kept + stepSize * numerator[i]);
    return decayAfter * error + u * abs(w);
  });

  const sum = combine(1, h, kappa, momentum);
  const sumBound = combine(1, combine(1, hError, kappa, momentumError), 2 * u, sum);
  const returned = multiply(q, sum);
  const returnedError = combine(1, multiply(q, sumBound), back + 4 * u, returned);
  const error = turn(combine(4 * u, combine(1, target, 1, returned), 1, returnedError)).data;
  return {
    exact,
    param,
    momentum: turn(momentumError).data,
    secondMoment: turn(second).data,
    error,
  };
}

function checkStep(worst: Worst, item: Item): void {
  const { spec, fields } = item;
  const allowed = bounds(item, storedBasis(item));
  const { exact } = allowed;
  const stored = (dtype: StateDType | "float16", bound: Float64Array, values: Float64Array) =>
    bound.map((x, i) => x + storageError(dtype, values[i]));
  const compare = (
    name: string,
    tensor: KernelTensor,
    values: Float64Array,
    bound: Float64Array,
    isStochastic: boolean,
  ) => {
    const dtype = tensor.dtype as StateDType | "float16";
    if (isStochastic && dtype === "bfloat16") {
      return checkStochastic(worst, valuesOf(tensor), values, bound);
    }
    worst.near(name, valuesOf(tensor), values, stored(dtype, bound, values));
  };
  compare("expAvg", fields.expAvg, exact.momentum, allowed.momentum, false);
  compare("expAvgSq", fields.expAvgSq, exact.secondMoment, allowed.secondMoment, false);
  compare("param", fields.param, exact.param, allowed.param, spec.rounding === "stochastic");
  if (fields.error === undefined || exact.error === null) return;
  const after = { ...item.input, basis: storedBasis(item), momentum: exact.momentum };
  const kept = pending(exact.error, after, settings.beta1);
  compare("error", fields.error, kept, allowed.error, true);
}

function checkCounters(worst: Worst, { fields, before }: Item, change: object): void {
  const expected = countersTensor({ ...before.counters, ...change });
  worst.same("counters", fields.counters.data, expected.data);
}

function checkRefused(worst: Worst, item: Item): void {
  const { refused } = item.before.counters;
  checkCounters(worst, item, { refused: refused + 1 });
  worst.same("basis", item.fields.basis.data, item.before.basis);
}

function checkMoved(worst: Worst, item: Item): void {
  checkCounters(worst, item, { refreshes: item.before.counters.refreshes + 1 });
}

function testItem(spec: LdadamSpec, check?: (worst: Worst, item: Item) => void): TestItem {
  const item = make(spec);
  return {
    fields: item.fields,
    writes: ["param", "expAvg", "expAvgSq", "basis", "error", "counters"],
    check(worst) {
      if (check !== undefined) return check(worst, item);
      if (spec.updates === 1) {
        checkCounters(worst, item, {});
        worst.same("basis", item.fields.basis.data, item.before.basis);
      } else if (isRefused(spec)) {
        checkRefused(worst, item);
      } else {
        checkMoved(worst, item);
        checkBasis(worst, item);
      }
      checkStep(worst, item);
    },
  };
}

const plain: LdadamSpec = {
  shape: [53, 37],
  side: "right",
  rank: 17,
  types: { param: "float32", grad: "float32" },
  state: "float32",
  basis: "float32",
  error: "float32",
  scalars: stepScalars(),
  updates: 4,
  seed: 1,
};
const sides: readonly LdadamSpec[] = [plain, { ...plain, side: "left" }];

/** Several panels and tiles on either side, of ranks that none of their sizes divides. */
const large: readonly Projection[] = [
  { shape: [301, 40], side: "right", rank: 19 },
  { shape: [40, 301], side: "left", rank: 19 },
  { shape: [150, 97], side: "right", rank: 67 },
  { shape: [97, 150], side: "left", rank: 64 },
  { shape: [40, 150], side: "right", rank: 13 },
];

const errors = ["float32", null, "bfloat16"] as const;

function mixture(types: WeightTypes, updates: number, method?: LdadamSpec["method"]): TestItem[] {
  return projections.map((projection, i) =>
    testItem({
      ...plain,
      method,
      ...projection,
      types,
      updates,
      state: turn(stateTypes, i),
      basis: turn(stateTypes, i >> 1),
      error: turn(errors, i),
      scalars: turn(scalarVariants, i),
      seed: 100 * i,
    }),
  );
}

/** Of rank one, so that no basis of more columns can follow it. */
function outer([rows, cols]: readonly [number, number]): Float64Array {
  const [x, y] = [noise(rows, 8), noise(cols, 9)];
  return Float64Array.from(
    { length: rows * cols },
    (_, i) => x[Math.floor(i / cols)] * y[i % cols],
  );
}

const noFeedback = { error: null } as const;

/** Whose gradient is all that the basis follows: B·V has as many directions as it has. */
function gradientAlone(spec: LdadamSpec, gradient: Float64Array): LdadamSpec {
  return { ...spec, ...noFeedback, gradient, atRest: true };
}

/** Directions that are there, and so faint beside one that they take a second round to be found. */
function faint(spec: LdadamSpec): LdadamSpec {
  const [rows, cols] = spec.shape;
  const others = noise(rows * cols, 7);
  const size = (6e-4 * sqrt(rows * cols)) / (sqrt(rows) + sqrt(cols));
  const gradient = outer(spec.shape).map((x, i) => x + size * others[i]);
  return gradientAlone(spec, gradient);
}

/**
 * Weights that need unlike things of the stages that a group goes through together: ranks, one round
 * or several, none at all; more of them than a warp has lanes.
 */
export function neighbours(): TestItem[] {
  return [0, 1].flatMap((seed) =>
    [...large, ...sides].flatMap((projection) => {
      const spec = { ...plain, ...projection, seed };
      const narrow = { ...spec, rank: 1 + seed };
      return [
        testItem(spec),
        untouched(testItem({ ...spec, scalars: stepScalars({ active: 0 }) })),
        testItem({ ...narrow, basis: "bfloat16" }),
        testItem(gradientAlone(spec, outer(spec.shape)), checkRefused),
        testItem(faint({ ...spec, rank: 4 }), checkMoved),
        testItem({ ...spec, updates: 1 }),
        testItem({ ...narrow, method: "svd" }),
        withoutGradient(testItem(spec)),
      ];
    }),
  );
}

/** Weights of one size, each of which needs as many rounds. */
export function alike(count: number, rounds: "one" | "two"): TestItem[] {
  const spec: LdadamSpec = { ...plain, shape: [90, 70], rank: 40 };
  return Array.from({ length: count }, (_, seed) =>
    testItem(rounds === "one" ? { ...spec, seed } : faint({ ...spec, seed })),
  );
}
const stochastic = {
  ...plain,
  shape: [64, 96],
  rank: 8,
  error: "bfloat16",
  rounding: "stochastic",
} as const;

export const cases = [
  ...weightTypes.flatMap((types) => [
    kernelCase("ldadamStep", `${describeTypes(types)}, the first update`, () => mixture(types, 1)),
    kernelCase("ldadamStep", `${describeTypes(types)}, the fourth update`, () => mixture(types, 4)),
  ]),
  ...errors.map((error) =>
    kernelCase("ldadamStep", `large weights, ${error ?? "no"} error`, () =>
      large.map((projection, i) => testItem({ ...plain, ...projection, error, seed: i })),
    ),
  ),
  kernelCase("ldadamStep", "singular vectors, every type", () =>
    weightTypes.flatMap((types) => [1, 4].flatMap((updates) => mixture(types, updates, "svd"))),
  ),
  kernelCase("ldadamStep", "singular vectors, large weights", () =>
    large.map((projection, i) =>
      testItem({ ...plain, ...projection, method: "svd", error: turn(errors, i), seed: i }),
    ),
  ),
  kernelCase("ldadamStep", "singular vectors of what has none", () =>
    sides.flatMap((spec) =>
      [0, Number.NaN, Number.POSITIVE_INFINITY].map((value) => {
        const gradient = new Float64Array(numel(spec.shape));
        gradient[7] = value;
        const item = { ...spec, ...noFeedback, method: "svd", gradient, atRest: true } as const;
        return testItem(item, checkRefused);
      }),
    ),
  ),
  kernelCase("ldadamStep", "singular vectors, idle items among others", () =>
    sides.flatMap((spec) => [
      testItem({ ...spec, method: "svd" }),
      untouched(testItem({ ...spec, method: "svd", scalars: stepScalars({ active: 0 }) })),
      withoutGradient(testItem({ ...spec, method: "svd" })),
      testItem(spec),
    ]),
  ),
  ...(["high", "medium"] as const).map((precision) =>
    kernelCase("ldadamStep", `${precision} precision`, () =>
      weightTypes.flatMap((types, i) =>
        [...large, ...sides].map((projection) =>
          testItem({ ...plain, ...projection, types, precision, error: turn(errors, i), seed: i }),
        ),
      ),
    ),
  ),
  kernelCase("ldadamStep", "far from its start", () =>
    sides.map((spec) => testItem({ ...spec, updates: 100_000 })),
  ),
  kernelCase("ldadamStep", "gradients far from 1 in size", () =>
    [1e-12, 1e12].flatMap((size) =>
      sides.map((spec) => {
        const gradient = noise(numel(spec.shape), 5).map((x) => size * x);
        return testItem({ ...spec, ...noFeedback, gradient, updates: 1 });
      }),
    ),
  ),
  kernelCase("ldadamStep", "a target without enough directions keeps the basis", () =>
    sides.flatMap((spec) =>
      [new Float64Array(numel(spec.shape)), outer(spec.shape)].map((gradient) =>
        testItem(gradientAlone(spec, gradient), (worst, item) => {
          checkRefused(worst, item);
          checkStep(worst, item);
        }),
      ),
    ),
  ),
  kernelCase("ldadamStep", "a gradient that is not finite keeps the basis", () =>
    sides.flatMap((spec) =>
      [Number.NaN, Number.POSITIVE_INFINITY].map((value) => {
        const gradient = noise(numel(spec.shape), 6);
        gradient[7] = value;
        return testItem({ ...spec, gradient }, checkRefused);
      }),
    ),
  ),
  kernelCase("ldadamStep", "weights without elements", () =>
    emptyProjections.map((projection) => untouched(testItem({ ...plain, ...projection }))),
  ),
  kernelCase("ldadamStep", "no gradient", () =>
    sides.map((spec) => withoutGradient(testItem(spec))),
  ),
  kernelCase("ldadamStep", "idle items among others", () =>
    sides.flatMap((spec) => [
      testItem(spec),
      untouched(testItem({ ...spec, scalars: stepScalars({ active: 0 }) })),
      testItem({ ...spec, ...noFeedback, updates: 1 }),
    ]),
  ),
  kernelCase("ldadamStep", "neighbours that are nothing like each other", neighbours),
  kernelCase("ldadamStep", "stochastic rounding", () =>
    weightTypes.map((types, i) => testItem({ ...stochastic, types, seed: i })),
  ),
  replayCase("ldadamStep", "error", (key) => testItem({ ...stochastic, shape: [16, 24], key })),
  replayCase("ldadamStep", "param", (key) =>
    testItem({
      ...stochastic,
      shape: [16, 24],
      types: { param: "bfloat16", grad: "float32" },
      key,
    }),
  ),
];
