import { subspaceDistance } from "../../../../test/oracle/orthonormal.js";
import { powerIteration } from "../../../../test/oracle/power-iteration.js";
import { numel } from "../../../tensor.js";
import { type Projection, projections } from "../bases.js";
import { type BasisItem, type BasisSpec, newBasis, usualSpec } from "../basis-item.js";
import { policies } from "../choices.js";
import { checkConverged, productError, storedError } from "../convergence.js";
import { type FindingKernel, foundCases, foundItem, foundMixture } from "../found-basis.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { noise } from "../noise.js";
import { plannedCases } from "../planned-refresh.js";
import { replayCase } from "../replay-case.js";
import { deficientGradient, gappedGradient } from "../spectra.js";
import { waitingCases } from "../waiting-cases.js";
import type { Worst } from "../worst.js";

interface PowerSpec extends BasisSpec {
  readonly warmPasses: number;
  readonly coldPasses: number;
}

/** From a basis that is there, every pass can be followed. */
function checkWarm(worst: Worst, item: BasisItem, passes: number): void {
  const { spec, gradient, oldBasis } = item;
  const exact = powerIteration(gradient, oldBasis, passes, spec.side);
  const error = exact.sensitivities.reduce(
    (sum, sensitivity) => (sum + productError(spec)) * sensitivity,
    0,
  );
  const distance = subspaceDistance(exact.basis, newBasis(item));
  worst.near("distance from the exact subspace", [distance], [0], error + storedError(spec));
}

const powerKernel: FindingKernel<PowerSpec> = {
  kernel: "powerIteration",
  fields: ({ warmPasses, coldPasses }) => ({ warmPasses, coldPasses }),
  check(worst, item, { hasBasis, warmPasses, coldPasses }) {
    if (hasBasis) checkWarm(worst, item, warmPasses);
    else checkConverged(worst, item, 2 * coldPasses);
  },
};

const powerItem = (spec: PowerSpec): TestItem => foundItem(powerKernel, spec);

/** A spectrum with a gap wide enough for three passes to find the subspace. */
function gapped(projection: Projection, gap = 0.02): PowerSpec {
  const gradient = gappedGradient(projection, gap, 7).data;
  return { ...usualSpec, ...projection, gradient, warmPasses: 2, coldPasses: 3 };
}

/** Of the rank and below: random gradients have full rank. */
const within = projections.filter(({ shape, rank }) => rank <= Math.min(...shape));
const beyond = projections.filter(({ shape, rank }) => rank > Math.min(...shape));

const mixture = (chosen: readonly Projection[], changes: Partial<BasisSpec>): TestItem[] =>
  foundMixture(powerKernel, (projection) => gapped(projection), changes, chosen);

const plain = gapped({ shape: [53, 37], side: "right", rank: 17 });
const sides: readonly PowerSpec[] = [plain, gapped({ shape: [53, 37], side: "left", rank: 17 })];
const firstToo = sides.flatMap((spec) => [{ ...spec, hasBasis: 0 } as const, spec]);
const tall: Projection = { shape: [300, 21], side: "right", rank: 9 };
const wide: Projection = { shape: [21, 300], side: "right", rank: 9 };

export const cases = [
  ...policies.flatMap((onRefresh) => [
    kernelCase("powerIteration", `${onRefresh}, from the old basis`, () =>
      mixture(within, { onRefresh, hasBasis: 1 }),
    ),
    kernelCase("powerIteration", `${onRefresh}, the first basis`, () =>
      mixture(within, { onRefresh, hasBasis: 0 }),
    ),
  ]),
  kernelCase("powerIteration", "large gradients", () =>
    [tall, wide, { ...tall, side: "left" as const }].flatMap((projection) =>
      ([0, 1] as const).map((hasBasis) => powerItem({ ...gapped(projection), hasBasis })),
    ),
  ),
  kernelCase("powerIteration", "any number of passes", () =>
    [1, 2, 5].flatMap((passes) =>
      sides.map((spec) => powerItem({ ...spec, warmPasses: passes, onRefresh: "rotate" })),
    ),
  ),
  kernelCase("powerIteration", "more dimensions than the gradient has", () =>
    mixture(beyond, { hasBasis: 0 }),
  ),
  // What a product with the gradient leaves of a basis then nearly depends on itself.
  kernelCase("powerIteration", "a gradient of hardly that rank", () =>
    [1e-2, 6e-3, 4e-3, 1e-3].flatMap((small) =>
      sides.map((spec) => {
        const gradient = deficientGradient(spec, small, 7).data;
        return powerItem({ ...spec, gradient, warmPasses: 1 });
      }),
    ),
  ),
  ...foundCases(powerKernel, sides, firstToo),
  ...waitingCases("powerIteration", sides, powerItem),
  ...plannedCases("powerIteration", { warmPasses: 1, coldPasses: 2 }, { refuses: true }),
  replayCase("powerIteration", "basis", (key) =>
    powerItem({
      ...plain,
      gradient: noise(numel(plain.shape), 3),
      hasBasis: 0,
      coldPasses: 1,
      key,
    }),
  ),
];
