import { subspaceDistance } from "../../../../test/oracle/orthonormal.js";
import { powerIteration } from "../../../../test/oracle/power-iteration.js";
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
} from "../basis-item.js";
import { gradientTypes, policies, stateTypes, turn } from "../choices.js";
import { checkConverged, productError, storedError } from "../convergence.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import { noise } from "../noise.js";
import { plannedCases } from "../planned-refresh.js";
import { replayCase } from "../replay-case.js";
import { gappedGradient } from "../spectra.js";
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

function powerItem(spec: PowerSpec): TestItem {
  const item = basisItem(spec);
  const { hasBasis, warmPasses, coldPasses } = spec;
  return {
    fields: { ...item.fields, warmPasses, coldPasses },
    writes: item.writes,
    check(worst) {
      checkAdopted(worst, item);
      checkOrthonormal(worst, item);
      if (hasBasis) checkWarm(worst, item, warmPasses);
      else checkConverged(worst, item, 2 * coldPasses);
    },
  };
}

function refusedItem(spec: PowerSpec, check = checkRefused): TestItem {
  const item = basisItem(spec);
  const { warmPasses, coldPasses } = spec;
  return {
    fields: { ...item.fields, warmPasses, coldPasses },
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
  warmPasses: 2,
  coldPasses: 3,
  seed: 1,
} as const;

/** A spectrum with a gap wide enough for three passes to find the subspace. */
function gapped(projection: Projection, gap = 0.02): PowerSpec {
  return { ...common, ...projection, gradient: gappedGradient(projection, gap, 7).data };
}

/** Of the rank and below: random gradients have full rank. */
const within = projections.filter(({ shape, rank }) => rank <= Math.min(...shape));
const beyond = projections.filter(({ shape, rank }) => rank > Math.min(...shape));

function mixture(chosen: readonly Projection[], changes: Partial<PowerSpec>): TestItem[] {
  return chosen.map((projection, i) =>
    powerItem({
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
const sides: readonly PowerSpec[] = [plain, gapped({ shape: [53, 37], side: "left", rank: 17 })];
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
  kernelCase("powerIteration", "gradients far from 1 in size", () =>
    [1e-30, 1e-15, 1e15, 1e30].flatMap((size) =>
      sides.flatMap((spec) =>
        ([0, 1] as const).map((hasBasis) => {
          const gradient = Float64Array.from(spec.gradient, (x) => size * x);
          return powerItem({ ...spec, hasBasis, gradient });
        }),
      ),
    ),
  ),
  kernelCase("powerIteration", "gradients that give no basis are refused", () =>
    sides.flatMap((spec) =>
      uselessGradients(numel(spec.shape)).flatMap((gradient, i) =>
        ([0, 1] as const).flatMap((hasBasis) => [
          refusedItem({ ...spec, gradient, hasBasis, onRefresh: turn(policies, i) }),
          refusedItem({ ...spec, gradient, hasBasis, basis: "bfloat16", grad: "bfloat16" }),
        ]),
      ),
    ),
  ),
  kernelCase("powerIteration", "weights without elements", () =>
    emptyProjections.map((projection) =>
      refusedItem({ ...common, ...projection, hasBasis: 0, gradient: [] }, checkLeftOrRefused),
    ),
  ),
  kernelCase("powerIteration", "no gradient", () =>
    sides.flatMap((spec) => [
      withoutGradient(powerItem(spec)),
      withoutGradient(powerItem({ ...spec, hasBasis: 0 })),
    ]),
  ),
  kernelCase("powerIteration", "idle items among others", () =>
    sides.flatMap((spec) => [
      powerItem(spec),
      untouched(powerItem({ ...spec, isDue: false })),
      untouched(powerItem({ ...spec, isDue: false, hasBasis: 0 })),
    ]),
  ),
  ...waitingCases("powerIteration", sides, (spec) => powerItem(spec)),
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
