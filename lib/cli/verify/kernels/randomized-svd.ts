import { columnDistances, randomizedSvd } from "../../../../test/oracle/randomized-svd.js";
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
  uselessGradients,
  usualKey,
} from "../basis-item.js";
import { gradientTypes, policies, stateTypes, turn } from "../choices.js";
import { checkConverged, productError } from "../convergence.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import { noise } from "../noise.js";
import { plannedCases } from "../planned-refresh.js";
import { replayCase } from "../replay-case.js";
import { gappedGradient } from "../spectra.js";
import { unitRoundoff } from "../tensors.js";
import type { Worst } from "../worst.js";

interface RandomizedSpec extends BasisSpec {
  readonly powerPasses: number;
  readonly oversample: number;
}

/**
 * The vectors themselves: an error ε of a symmetric matrix turns its eigenvectors by ε over the gap of
 * their eigenvalues, here at least σ₁²/(2r), and 2·‖ΔAQ‖·‖AQ‖ is such an error.
 */
function checkVectors(worst: Worst, item: BasisItem, spec: RandomizedSpec): void {
  const { rank } = spec;
  const exact = randomizedSvd(item.gradient, { ...spec, key: spec.key ?? usualKey });
  const error = 4 * rank * productError(spec) + unitRoundoff(spec.basis);
  const distances = columnDistances(newBasis(item), exact);
  worst.near("distance from each singular vector", distances, new Float64Array(rank), error);
}

function randomizedItem(spec: RandomizedSpec): TestItem {
  const item = basisItem(spec);
  const { powerPasses, oversample } = spec;
  return {
    fields: { ...item.fields, powerPasses, oversample },
    writes: item.writes,
    check(worst) {
      checkAdopted(worst, item);
      checkOrthonormal(worst, item);
      checkConverged(worst, item, 2 * powerPasses + 1);
      if (spec.rank <= Math.min(...spec.shape)) checkVectors(worst, item, spec);
    },
  };
}

function refusedItem(spec: RandomizedSpec, check = checkRefused): TestItem {
  const item = basisItem(spec);
  const { powerPasses, oversample } = spec;
  return {
    fields: { ...item.fields, powerPasses, oversample },
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
  powerPasses: 2,
  oversample: 4,
  seed: 1,
} as const;

function gapped(projection: Projection): RandomizedSpec {
  return { ...common, ...projection, gradient: gappedGradient(projection, 0.02, 7).data };
}

function mixture(changes: Partial<RandomizedSpec>): TestItem[] {
  return projections.map((projection, i) =>
    randomizedItem({
      ...gapped(projection),
      grad: turn(gradientTypes, i),
      basis: turn(stateTypes, i >> 1),
      state: turn(stateTypes, i),
      seed: 10 * i,
      ...changes,
    }),
  );
}

const plain = gapped({ shape: [53, 37], side: "right", rank: 17 });
const sides: readonly RandomizedSpec[] = [
  plain,
  gapped({ shape: [53, 37], side: "left", rank: 17 }),
];
const large: readonly Projection[] = [
  { shape: [300, 50], side: "right", rank: 33 },
  { shape: [50, 300], side: "right", rank: 33 },
  { shape: [300, 50], side: "left", rank: 33 },
];

export const cases = [
  ...policies.flatMap((onRefresh) =>
    ([0, 1] as const).map((hasBasis) =>
      kernelCase("randomizedSvd", `${onRefresh}, ${hasBasis ? "a new" : "the first"} basis`, () =>
        mixture({ onRefresh, hasBasis }),
      ),
    ),
  ),
  kernelCase("randomizedSvd", "large gradients", () =>
    large.map((projection) => randomizedItem({ ...gapped(projection), oversample: 10 })),
  ),
  kernelCase("randomizedSvd", "any number of passes and columns", () =>
    [0, 1, 3].flatMap((powerPasses) =>
      [0, 1, 1000].flatMap((oversample) =>
        sides.map((spec) =>
          // Without a pass, the first look must do: a gradient of just that rank.
          randomizedItem({
            ...spec,
            powerPasses,
            oversample,
            gradient: gappedGradient(spec, 0, 7).data,
          }),
        ),
      ),
    ),
  ),
  kernelCase("randomizedSvd", "gradients far from 1 in size", () =>
    [1e-30, 1e-15, 1e15, 1e30].flatMap((size) =>
      sides.map((spec) => {
        const gradient = Float64Array.from(spec.gradient, (x) => size * x);
        return randomizedItem({ ...spec, gradient });
      }),
    ),
  ),
  kernelCase("randomizedSvd", "gradients that give no basis are refused", () =>
    sides.flatMap((spec) =>
      uselessGradients(numel(spec.shape)).flatMap((gradient, i) =>
        ([0, 1] as const).flatMap((hasBasis) => [
          refusedItem({ ...spec, gradient, hasBasis, onRefresh: turn(policies, i) }),
          refusedItem({ ...spec, gradient, hasBasis, basis: "bfloat16", grad: "bfloat16" }),
        ]),
      ),
    ),
  ),
  kernelCase("randomizedSvd", "weights without elements", () =>
    emptyProjections.map((projection) =>
      refusedItem({ ...common, ...projection, hasBasis: 0, gradient: [] }, checkLeftOrRefused),
    ),
  ),
  kernelCase("randomizedSvd", "no gradient", () =>
    sides.flatMap((spec) => [
      withoutGradient(randomizedItem(spec)),
      withoutGradient(randomizedItem({ ...spec, hasBasis: 0 })),
    ]),
  ),
  kernelCase("randomizedSvd", "idle items among others", () =>
    sides.flatMap((spec) => [
      randomizedItem(spec),
      untouched(randomizedItem({ ...spec, isDue: false })),
      untouched(randomizedItem({ ...spec, isDue: false, hasBasis: 0 })),
    ]),
  ),
  ...plannedCases("randomizedSvd", { powerPasses: 1 }, { refuses: true }),
  replayCase("randomizedSvd", "basis", (key) => {
    const item = basisItem({ ...plain, gradient: noise(numel(plain.shape), 3), key });
    return {
      fields: { ...item.fields, powerPasses: 0, oversample: 2 },
      writes: item.writes,
      check: (worst) => checkOrthonormal(worst, item),
    };
  }),
];
