import { uniformLines } from "../../../../test/oracle/uniform-lines.js";
import { numel } from "../../../tensor.js";
import { emptyProjections, type Projection, projections } from "../bases.js";
import { gradientTypes, policies, stateTypes, turn } from "../choices.js";
import { kernelCase, sequenceCase, type TestItem, untouched } from "../kernel-case.js";
import { checkAdopted, type LineSpec, lineItem, newLines, usualKey } from "../line-item.js";
import { replayCase } from "../replay-case.js";
import { valuesOf } from "../tensors.js";

type UniformSpec = Omit<LineSpec, "gradient">;

function uniformItem(spec: UniformSpec): TestItem {
  // The gradient's values are not read: nothing comes of their being no numbers.
  const gradient = new Float64Array(numel(spec.shape)).fill(Number.NaN);
  const item = lineItem({ ...spec, gradient });
  return {
    ...item,
    check(worst) {
      checkAdopted(worst, item);
      const expected = uniformLines(item.limit, spec.rank, spec.key ?? usualKey);
      worst.near("index", newLines(item), expected, 0);
    },
  };
}

const plain: UniformSpec = {
  shape: [53, 37],
  side: "left",
  rank: 17,
  grad: "float32",
  state: "float32",
  onRefresh: "restart",
  hasBasis: 1,
  seed: 1,
};

const sides: readonly UniformSpec[] = [plain, { ...plain, side: "right" }];

function mixture(
  common: Partial<UniformSpec>,
  chosen: readonly Projection[] = projections,
): TestItem[] {
  return chosen.map((projection, i) =>
    uniformItem({
      ...plain,
      ...projection,
      grad: turn(gradientTypes, i),
      state: turn(stateTypes, i),
      key: { seed: 3 - i, stream: 2 ** 20 * i, calls: 1 + i },
      seed: 10 * i,
      ...common,
    }),
  );
}

const draws = 200;

export const cases = [
  ...policies.flatMap((onRefresh) =>
    ([0, 1] as const).map((hasBasis) =>
      kernelCase(
        "uniformLines",
        `${onRefresh}, ${hasBasis ? "new lines" : "the first lines"}`,
        () => mixture({ onRefresh, hasBasis }),
      ),
    ),
  ),
  kernelCase("uniformLines", "weights without elements", () =>
    policies.flatMap((onRefresh) => mixture({ onRefresh }, emptyProjections)),
  ),
  kernelCase("uniformLines", "idle items among others", () =>
    sides.flatMap((spec) => [
      uniformItem(spec),
      untouched(uniformItem({ ...spec, isDue: false })),
      untouched(uniformItem({ ...spec, isDue: false, hasBasis: 0 })),
    ]),
  ),
  sequenceCase(
    "uniformLines",
    "every line as often as any other",
    () => [
      Array.from({ length: draws }, (_, calls) =>
        uniformItem({ ...plain, key: { seed: 1, stream: 2, calls } }),
      ),
    ],
    (worst, [items]) => {
      const [limit] = plain.shape;
      const counts = new Float64Array(limit);
      for (const { fields } of items) {
        if (typeof fields.index !== "object") continue;
        for (const line of valuesOf(fields.index)) counts[line] += 1;
      }
      // A line is in each draw with probability p, independently of the other draws.
      const p = plain.rank / limit;
      const deviation = Math.sqrt(draws * p * (1 - p));
      worst.near(
        "draws of each line",
        counts,
        counts.map(() => draws * p),
        5 * deviation,
      );
    },
  ),
  replayCase("uniformLines", "index", (key) => uniformItem({ ...plain, key })),
];
