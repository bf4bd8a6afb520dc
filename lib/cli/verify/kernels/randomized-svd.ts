import { columnDistances, randomizedSvd } from "../../../../test/oracle/randomized-svd.js";
import { numel } from "../../../tensor.js";
import type { Projection } from "../bases.js";
import {
  type BasisItem,
  type BasisSpec,
  basisItem,
  checkOrthonormal,
  newBasis,
  usualKey,
  usualSpec,
} from "../basis-item.js";
import { policies } from "../choices.js";
import { checkConverged, productError } from "../convergence.js";
import { type FindingKernel, foundCases, foundItem, foundMixture } from "../found-basis.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
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

const randomizedKernel: FindingKernel<RandomizedSpec> = {
  kernel: "randomizedSvd",
  fields: ({ powerPasses, oversample }) => ({ powerPasses, oversample }),
  check(worst, item, spec) {
    checkConverged(worst, item, 2 * spec.powerPasses + 1);
    if (spec.rank <= Math.min(...spec.shape)) checkVectors(worst, item, spec);
  },
};

const randomizedItem = (spec: RandomizedSpec): TestItem => foundItem(randomizedKernel, spec);

function gapped(projection: Projection): RandomizedSpec {
  const gradient = gappedGradient(projection, 0.02, 7).data;
  return { ...usualSpec, ...projection, gradient, powerPasses: 2, oversample: 4 };
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
        foundMixture(randomizedKernel, gapped, { onRefresh, hasBasis }),
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
  ...foundCases(randomizedKernel, sides),
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
