import { acceptsLines } from "../../../../test/oracle/adopt-lines.js";
import { lineEnergies, topKLines } from "../../../../test/oracle/top-k-lines.js";
import { numel } from "../../../tensor.js";
import { emptyProjections, type Projection, projections } from "../bases.js";
import { uselessGradients } from "../basis-item.js";
import { gradientTypes, policies, stateTypes, turn } from "../choices.js";
import { kernelCase, type TestItem, untouched, withoutGradient } from "../kernel-case.js";
import {
  checkAdopted,
  checkLeftOrRefused,
  checkRefused,
  type LineItem,
  type LineSpec,
  lineItem,
  newLines,
} from "../line-item.js";
import { noise } from "../noise.js";
import { sumError } from "../rounding.js";
import type { Worst } from "../worst.js";

/** Lines may be taken for each other only where their norms are the same up to rounding. */
function checkLargest(worst: Worst, item: LineItem): void {
  const { spec, gradient, limit } = item;
  const lines = newLines(item);
  worst.holds(`the lines are ${lines}`, acceptsLines(lines, limit, "rotate"));
  const energies = lineEnergies(gradient, spec.side);
  const kept = new Set(lines);
  const least = Math.min(...lines.map((line) => energies[line]));
  const most = Math.max(0, ...Array.from(energies).filter((_, line) => !kept.has(line)));
  const error = 2 * sumError(gradient.data.length / limit) * most;
  worst.holds(`${least} is kept and ${most} is not`, least >= most - error);
}

function topKItem(spec: LineSpec): TestItem {
  const item = lineItem(spec);
  return {
    ...item,
    check(worst) {
      checkAdopted(worst, item);
      checkLargest(worst, item);
    },
  };
}

/** Lines of a few different norms, each exact in any order of addition. */
function tiedItem(spec: Omit<LineSpec, "gradient">): TestItem {
  const [rows, cols] = spec.shape;
  const sizeOf = (line: number) => 1 + (line % 3);
  const gradient = Array.from({ length: rows * cols }, (_, i) =>
    sizeOf(spec.side === "left" ? Math.floor(i / cols) : i % cols),
  );
  const item = lineItem({ ...spec, gradient });
  return {
    ...item,
    check(worst) {
      checkAdopted(worst, item);
      worst.near("index", newLines(item), topKLines(item.gradient, spec.rank, spec.side), 0);
    },
  };
}

function refusedItem(spec: LineSpec, check = checkRefused): TestItem {
  const item = lineItem(spec);
  return { ...item, check: (worst) => check(worst, item) };
}

const common = {
  grad: "float32",
  state: "float32",
  onRefresh: "restart",
  hasBasis: 1,
  seed: 1,
} as const;

function random(projection: Projection, seed = 7): LineSpec {
  return { ...common, ...projection, gradient: noise(numel(projection.shape), seed) };
}

function mixture(changes: Partial<LineSpec>): TestItem[] {
  return projections.map((projection, i) =>
    topKItem({
      ...random(projection, i),
      grad: turn(gradientTypes, i),
      state: turn(stateTypes, i),
      seed: 10 * i,
      ...changes,
    }),
  );
}

const plain: Projection = { shape: [53, 37], side: "left", rank: 17 };
const sides: readonly Projection[] = [plain, { ...plain, side: "right" }];

const sizedBy = (size: number) => (projection: Projection) => {
  const spec = random(projection);
  return topKItem({ ...spec, gradient: Float64Array.from(spec.gradient, (x) => size * x) });
};

export const cases = [
  ...policies.flatMap((onRefresh) =>
    ([0, 1] as const).map((hasBasis) =>
      kernelCase("topKLines", `${onRefresh}, ${hasBasis ? "new lines" : "the first lines"}`, () =>
        mixture({ onRefresh, hasBasis }),
      ),
    ),
  ),
  kernelCase("topKLines", "large gradients", () =>
    (
      [
        { shape: [1100, 40], side: "left", rank: 100 },
        { shape: [1100, 40], side: "right", rank: 11 },
        { shape: [7, 5461], side: "right", rank: 2000 },
        { shape: [7, 5461], side: "left", rank: 3 },
      ] as const
    ).map((projection) => topKItem({ ...random(projection), onRefresh: "rotate" })),
  ),
  kernelCase("topKLines", "of equal norms the smaller numbers", () =>
    sides.flatMap((projection) =>
      [1, 12, 13, 30, 37].flatMap((rank) =>
        gradientTypes.map((grad) => tiedItem({ ...common, ...projection, rank, grad })),
      ),
    ),
  ),
  kernelCase("topKLines", "squares beyond float32", () => sides.map(sizedBy(1e30))),
  kernelCase("topKLines", "squares below float32", () =>
    [1e-30, 1e-21].flatMap((size) => sides.map(sizedBy(size))),
  ),
  kernelCase("topKLines", "gradients that give no lines are refused", () =>
    sides.flatMap((projection) =>
      uselessGradients(numel(projection.shape)).flatMap((gradient, i) =>
        ([0, 1] as const).map((hasBasis) => {
          const onRefresh = turn(policies, i);
          return refusedItem({ ...random(projection), gradient, hasBasis, onRefresh });
        }),
      ),
    ),
  ),
  kernelCase("topKLines", "weights without elements", () =>
    emptyProjections.map((projection) =>
      refusedItem({ ...random(projection), hasBasis: 0 }, checkLeftOrRefused),
    ),
  ),
  kernelCase("topKLines", "no gradient", () =>
    sides.flatMap((projection) => [
      withoutGradient(topKItem(random(projection))),
      withoutGradient(topKItem({ ...random(projection), hasBasis: 0 })),
    ]),
  ),
  kernelCase("topKLines", "idle items among others", () =>
    sides.flatMap((projection) => [
      topKItem(random(projection)),
      untouched(topKItem({ ...random(projection), isDue: false })),
      untouched(topKItem({ ...random(projection), isDue: false, hasBasis: 0 })),
    ]),
  ),
];
