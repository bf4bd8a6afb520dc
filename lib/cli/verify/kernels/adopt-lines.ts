import { acceptsLines } from "../../../../test/oracle/adopt-lines.js";
import { numel } from "../../../tensor.js";
import { emptyProjections, type Projection, projections } from "../bases.js";
import { gradientTypes, policies, stateTypes, turn } from "../choices.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import { checkAdopted, checkRefused, type LineSpec, lineItem, newLines } from "../line-item.js";
import { someLines } from "../lines.js";
import { int32s } from "../tensors.js";

type AdoptSpec = Omit<LineSpec, "gradient"> & {
  /** What is done to line numbers before they are handed over; `limit` is how many lines there are. */
  readonly spoil?: (lines: number[], limit: number) => void;
  /** The lines that are kept already. */
  readonly isSame?: boolean;
};

function adoptItem(spec: AdoptSpec): TestItem {
  const { rank, seed, isSame, spoil = () => {} } = spec;
  // The gradient is not read: nothing comes of its being no number.
  const gradient = new Float64Array(numel(spec.shape)).fill(Number.NaN);
  const item = lineItem({ ...spec, gradient });
  const lines = isSame ? [...item.oldLines] : someLines(item.limit, rank, seed + 5);
  spoil(lines, item.limit);
  return {
    fields: { ...item.fields, source: int32s(lines) },
    writes: item.writes,
    check(worst) {
      if (!acceptsLines(lines, item.limit, spec.onRefresh)) {
        checkRefused(worst, item);
        return;
      }
      checkAdopted(worst, item);
      worst.near("index", newLines(item), lines, 0);
    },
  };
}

const plain: AdoptSpec = {
  shape: [53, 37],
  side: "left",
  rank: 17,
  grad: "float32",
  state: "float32",
  onRefresh: "restart",
  hasBasis: 1,
  seed: 1,
};

const sides: readonly AdoptSpec[] = [plain, { ...plain, side: "right" }];

function mixture(common: Partial<AdoptSpec>, chosen: readonly Projection[] = projections) {
  return chosen.map((projection, i) =>
    adoptItem({
      ...plain,
      ...projection,
      grad: turn(gradientTypes, i),
      state: turn(stateTypes, i),
      seed: 10 * i,
      ...common,
    }),
  );
}

/** Ways in which numbers are not those of different lines. */
const spoilers: readonly ((lines: number[], limit: number) => void)[] = [
  (lines) => {
    lines[3] = lines[2];
  },
  (lines) => {
    lines[0] = -1;
  },
  (lines, limit) => {
    lines[lines.length - 1] = limit;
  },
  (lines) => {
    lines[lines.length - 1] = 2 ** 31 - 1;
  },
];

export const cases = [
  ...policies.flatMap((onRefresh) =>
    ([0, 1] as const).map((hasBasis) =>
      kernelCase("adoptLines", `${onRefresh}, ${hasBasis ? "new lines" : "the first lines"}`, () =>
        mixture({ onRefresh, hasBasis }),
      ),
    ),
  ),
  kernelCase("adoptLines", "the same lines again", () =>
    sides.flatMap((spec) =>
      policies.map((onRefresh) => adoptItem({ ...spec, onRefresh, isSame: true })),
    ),
  ),
  kernelCase("adoptLines", "large momenta", () =>
    sides.flatMap((spec) =>
      stateTypes.map((state) =>
        adoptItem({ ...spec, state, shape: [300, 400], rank: 199, onRefresh: "rotate" }),
      ),
    ),
  ),
  kernelCase("adoptLines", "any order, but under rotate", () =>
    sides.flatMap((spec) =>
      policies.flatMap((onRefresh) =>
        ([0, 1] as const).map((hasBasis) => {
          const spoil = (lines: number[]) => void lines.reverse();
          return adoptItem({ ...spec, onRefresh, hasBasis, spoil });
        }),
      ),
    ),
  ),
  kernelCase("adoptLines", "numbers that are not of different lines are refused", () =>
    sides.flatMap((spec) =>
      spoilers.flatMap((spoil, i) => [
        adoptItem({ ...spec, spoil, onRefresh: turn(policies, i) }),
        adoptItem({ ...spec, spoil, onRefresh: turn(policies, i), hasBasis: 0 }),
      ]),
    ),
  ),
  kernelCase("adoptLines", "weights without elements", () =>
    policies.flatMap((onRefresh) => mixture({ onRefresh }, emptyProjections)),
  ),
  kernelCase("adoptLines", "idle items among others", () =>
    sides.flatMap((spec) => [
      adoptItem(spec),
      untouched(adoptItem({ ...spec, isDue: false })),
      untouched(adoptItem({ ...spec, isDue: false, hasBasis: 0 })),
    ]),
  ),
];
