import { svd } from "../../../../test/oracle/matrix.js";
import { capturedEnergy, subspaceDistance } from "../../../../test/oracle/orthonormal.js";
import { svdBasis } from "../../../../test/oracle/svd-basis.js";
import { type SvdMethod, svdMethods } from "../../../parts/projector/svd.js";
import { numel } from "../../../tensor.js";
import { emptyProjections, type Projection, projections } from "../bases.js";
import {
  type BasisItem,
  type BasisSpec,
  basisItem,
  checkAdopted,
  checkLeftOrRefused,
  checkOrthonormal,
  checkRefused,
  newBasis,
  orthonormalityBound,
  uselessGradients,
} from "../basis-item.js";
import { gradientTypes, policies, stateTypes, turn } from "../choices.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import { noise } from "../noise.js";
import { plannedCases } from "../planned-refresh.js";
import { replayCase } from "../replay-case.js";
import { sumError } from "../rounding.js";
import { gappedGradient } from "../spectra.js";
import { unitRoundoff } from "../tensors.js";
import { waitingCases } from "../waiting-cases.js";
import type { Worst } from "../worst.js";

interface SvdSpec extends BasisSpec {
  readonly method: SvdMethod;
}

const methods = svdMethods;

/**
 * Decompositions are in float64; a basis that comes from the other side's vectors by a product in
 * float32 has that product's error, which singular values below the largest magnify. Then it is
 * stored.
 */
function checkLeading(worst: Worst, item: BasisItem, gradientRank: number): void {
  const { spec, gradient } = item;
  const { side, shape } = spec;
  const rank = Math.min(spec.rank, gradientRank);
  const { values } = svd(gradient);
  const spread = values[0] / values[rank - 1];
  const product = (sumError(shape[0]) + sumError(shape[1])) * spread;
  const bound = Math.sqrt(rank) * (product + unitRoundoff(spec.basis));
  const basis = newBasis(item);
  const leading = svdBasis(gradient, rank, side);
  worst.near("distance from the exact subspace", [subspaceDistance(basis, leading)], [0], bound);
  const energy = capturedEnergy(gradient, basis, side);
  const energyBound = bound ** 2 + 2 * Math.sqrt(rank) * orthonormalityBound(spec);
  worst.near("share of the energy captured", [energy], [1], energyBound);
}

/** An item whose basis has to hold the leading directions; beyond the gradient's rank, any. */
function svdItem(spec: SvdSpec, gradientRank = Math.min(...spec.shape)): TestItem {
  const item = basisItem(spec);
  return {
    fields: { ...item.fields, method: spec.method },
    writes: item.writes,
    check(worst) {
      checkAdopted(worst, item);
      checkOrthonormal(worst, item);
      checkLeading(worst, item, gradientRank);
    },
  };
}

function refusedItem(spec: SvdSpec, check = checkRefused): TestItem {
  const item = basisItem(spec);
  return {
    fields: { ...item.fields, method: spec.method },
    writes: item.writes,
    check: (worst) => check(worst, item),
  };
}

const common = {
  grad: "float32",
  basis: "float32",
  state: "float32",
  onRefresh: "restart",
  hasBasis: 1,
  method: "auto",
  seed: 1,
} as const;

/** No gap in the spectrum to help. */
function random(projection: Projection, seed = 7): SvdSpec {
  return { ...common, ...projection, gradient: noise(numel(projection.shape), seed) };
}

function mixture(changes: Partial<SvdSpec>): TestItem[] {
  return projections.map((projection, i) =>
    svdItem({
      ...random(projection, i),
      grad: turn(gradientTypes, i),
      basis: turn(stateTypes, i >> 1),
      state: turn(stateTypes, i),
      seed: 10 * i,
      ...changes,
    }),
  );
}

const plain: Projection = { shape: [53, 37], side: "right", rank: 17 };
const sides: readonly Projection[] = [plain, { ...plain, side: "left" }];
const tall: Projection = { shape: [300, 21], side: "right", rank: 9 };
const large: readonly Projection[] = [
  tall,
  { ...tall, side: "left" },
  { ...tall, shape: [21, 300] },
  { ...tall, shape: [21, 300], side: "left" },
];

/** Of lower rank than the basis, up to rounding. */
function deficientItem(projection: Projection, method: SvdSpec["method"]): TestItem {
  const rank = 5;
  const gradient = gappedGradient({ ...projection, rank }, 0, 9).data;
  return svdItem({ ...random(projection), gradient, method }, rank);
}

export const cases = [
  ...policies.flatMap((onRefresh) =>
    ([0, 1] as const).map((hasBasis) =>
      kernelCase("svdBasis", `${onRefresh}, ${hasBasis ? "a new basis" : "the first basis"}`, () =>
        mixture({ onRefresh, hasBasis }),
      ),
    ),
  ),
  ...methods.map((method) =>
    kernelCase("svdBasis", `method ${method}`, () => [
      ...mixture({ method }),
      ...large.map((projection) => svdItem({ ...random(projection), method })),
    ]),
  ),
  kernelCase("svdBasis", "a clear gap in the spectrum", () =>
    methods.flatMap((method) =>
      sides.map((projection) => {
        const gradient = gappedGradient(projection, 0.1, 7).data;
        return svdItem({ ...random(projection), gradient, method, onRefresh: "rotate" });
      }),
    ),
  ),
  kernelCase("svdBasis", "gradients of lower rank than the basis", () =>
    methods.flatMap((method) => sides.map((projection) => deficientItem(projection, method))),
  ),
  kernelCase("svdBasis", "gradients far from 1 in size", () =>
    [1e-30, 1e-15, 1e15, 1e30].flatMap((size) =>
      methods.flatMap((method) =>
        sides.map((projection) => {
          const spec = random(projection);
          const gradient = Float64Array.from(spec.gradient, (x) => size * x);
          return svdItem({ ...spec, gradient, method });
        }),
      ),
    ),
  ),
  kernelCase("svdBasis", "gradients that give no basis are refused", () =>
    sides.flatMap((projection) =>
      uselessGradients(numel(projection.shape)).flatMap((gradient, i) =>
        methods.flatMap((method) =>
          ([0, 1] as const).map((hasBasis) => {
            const onRefresh = turn(policies, i);
            return refusedItem({ ...random(projection), gradient, hasBasis, method, onRefresh });
          }),
        ),
      ),
    ),
  ),
  kernelCase("svdBasis", "weights without elements", () =>
    emptyProjections.map((projection) =>
      refusedItem({ ...random(projection), hasBasis: 0 }, checkLeftOrRefused),
    ),
  ),
  kernelCase("svdBasis", "no gradient", () =>
    sides.flatMap((projection) => [
      withoutGradient(svdItem(random(projection))),
      withoutGradient(svdItem({ ...random(projection), hasBasis: 0 })),
    ]),
  ),
  kernelCase("svdBasis", "idle items among others", () =>
    sides.flatMap((projection) => [
      svdItem(random(projection)),
      untouched(svdItem({ ...random(projection), isDue: false })),
      untouched(svdItem({ ...random(projection), isDue: false, hasBasis: 0 })),
    ]),
  ),
  ...plannedCases("svdBasis", {}, { refuses: true }),
  // Three directions are the gradient's, two are random.
  ...waitingCases(
    "svdBasis",
    sides.map((projection) => random(projection)),
    (spec) => svdItem(spec),
  ),
  replayCase("svdBasis", "basis", (key) =>
    svdItem({ ...random({ shape: [3, 40], side: "right", rank: 5 }), key }),
  ),
];
