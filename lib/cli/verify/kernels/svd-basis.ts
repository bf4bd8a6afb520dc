import { svd } from "../../../../test/oracle/matrix.js";
import { capturedEnergy, subspaceDistance } from "../../../../test/oracle/orthonormal.js";
import { svdBasis } from "../../../../test/oracle/svd-basis.js";
import { type SvdMethod, svdMethods } from "../../../parts/projector/svd.js";
import { numel } from "../../../tensor.js";
import type { Projection } from "../bases.js";
import {
  type BasisItem,
  type BasisSpec,
  newBasis,
  orthonormalityBound,
  usualSpec,
} from "../basis-item.js";
import { policies } from "../choices.js";
import { type FindingKernel, foundCases, foundItem, foundMixture } from "../found-basis.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
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
  /** Where it is not full. */
  readonly gradientRank?: number;
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

const svdKernel: FindingKernel<SvdSpec> = {
  kernel: "svdBasis",
  fields: ({ method }) => ({ method }),
  // Beyond the gradient's rank, any directions.
  check: (worst, item, { gradientRank, shape }) =>
    checkLeading(worst, item, gradientRank ?? Math.min(...shape)),
};

const svdItem = (spec: SvdSpec): TestItem => foundItem(svdKernel, spec);

/** No gap in the spectrum to help. */
function random(projection: Projection, seed = 7): SvdSpec {
  const gradient = noise(numel(projection.shape), seed);
  return { ...usualSpec, ...projection, gradient, method: "auto" };
}

const mixture = (changes: Partial<SvdSpec>): TestItem[] => foundMixture(svdKernel, random, changes);

const plain: Projection = { shape: [53, 37], side: "right", rank: 17 };
const sides: readonly Projection[] = [plain, { ...plain, side: "left" }];
const everyMethod = sides.flatMap((side) =>
  methods.map((method): SvdSpec => ({ ...random(side), method })),
);
const tall: Projection = { shape: [300, 21], side: "right", rank: 9 };
const large: readonly Projection[] = [
  tall,
  { ...tall, side: "left" },
  { ...tall, shape: [21, 300] },
  { ...tall, shape: [21, 300], side: "left" },
];

/** Of lower rank than the basis, up to rounding. */
function deficientItem(projection: Projection, method: SvdSpec["method"]): TestItem {
  const gradientRank = 5;
  const gradient = gappedGradient({ ...projection, rank: gradientRank }, 0, 9).data;
  return svdItem({ ...random(projection), gradient, method, gradientRank });
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
  ...foundCases(
    svdKernel,
    sides.map((projection) => random(projection)),
    everyMethod,
  ),
  ...plannedCases("svdBasis", {}, { refuses: true }),
  // Three directions are the gradient's, two are random.
  ...waitingCases(
    "svdBasis",
    sides.map((projection) => random(projection)),
    svdItem,
  ),
  replayCase("svdBasis", "basis", (key) =>
    svdItem({ ...random({ shape: [3, 40], side: "right", rank: 5 }), key }),
  ),
];
