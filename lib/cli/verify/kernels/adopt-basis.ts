import { acceptsBasis } from "../../../../test/oracle/adopt-basis.js";
import { type Matrix, matrix } from "../../../../test/oracle/matrix.js";
import { projectedDimension } from "../../../../test/oracle/subspace.js";
import { numel } from "../../../tensor.js";
import { emptyProjections, orthonormalColumns, type Projection, projections } from "../bases.js";
import {
  type BasisSpec,
  basisItem,
  checkAdopted,
  checkRefused,
  mixedTypes,
  usualSpec,
} from "../basis-item.js";
import { policies, turn } from "../choices.js";
import { kernelCase, type TestItem, untouched } from "../kernel-case.js";
import { noise } from "../noise.js";
import { floats, valuesOf } from "../tensors.js";

type AdoptSpec = Omit<BasisSpec, "gradient"> & {
  /** What is done to orthonormal columns before they are handed over. */
  readonly spoil?: (columns: Matrix) => void;
};

function adoptItem(spec: AdoptSpec): TestItem {
  const { shape, side, rank, seed, spoil = () => {} } = spec;
  // The gradient is not read: nothing comes of its being no number.
  const gradient = new Float64Array(numel(shape)).fill(Number.NaN);
  const item = basisItem({ ...spec, gradient });
  const dimension = projectedDimension(side, ...shape);
  const columns = orthonormalColumns(dimension, rank, seed + 5);
  spoil(columns);
  const source = floats("float32", [dimension, rank], columns.data);
  return {
    fields: { ...item.fields, source },
    writes: item.writes,
    check(worst) {
      if (!acceptsBasis(matrix(dimension, rank, valuesOf(source)))) {
        checkRefused(worst, item);
        return;
      }
      checkAdopted(worst, item);
      const stored = floats(spec.basis, [dimension, rank], valuesOf(source));
      worst.same("basis", item.fields.basis.data, stored.data);
    },
  };
}

const plain: AdoptSpec = usualSpec;
const sides: readonly AdoptSpec[] = [plain, { ...plain, side: "left" }];

function mixture(common: Partial<AdoptSpec>, chosen: readonly Projection[] = projections) {
  return chosen.map((projection, i) =>
    adoptItem({
      ...plain,
      ...projection,
      ...mixedTypes(i),
      ...common,
    }),
  );
}

const scaledBy =
  (factor: number) =>
  ({ data }: Matrix) => {
    for (let i = 0; i < data.length; i++) data[i] *= factor;
  };

/** Ways in which columns are not orthonormal. */
const spoilers: readonly ((columns: Matrix) => void)[] = [
  scaledBy(1 + 1e-3),
  scaledBy(0),
  scaledBy(-1e20),
  ({ data }) => {
    data[7] = Number.NaN;
  },
  ({ data, cols }) => {
    // The second column leans on the first.
    for (let i = 0; i < data.length; i += cols) data[i + 1] += 0.01 * data[i];
  },
  ({ data, rows, cols }) => {
    data.set(noise(rows * cols, 99));
  },
];

export const cases = [
  ...policies.flatMap((onRefresh) =>
    ([0, 1] as const).map((hasBasis) =>
      kernelCase(
        "adoptBasis",
        `${onRefresh}, ${hasBasis ? "a new basis" : "the first basis"}`,
        () => mixture({ onRefresh, hasBasis }),
      ),
    ),
  ),
  kernelCase("adoptBasis", "columns as good as orthonormal", () =>
    sides.flatMap((spec) =>
      [1 + 4e-4, 1 - 4e-4].map((factor) => adoptItem({ ...spec, spoil: scaledBy(factor) })),
    ),
  ),
  kernelCase("adoptBasis", "columns that are not orthonormal are refused", () =>
    sides.flatMap((spec) =>
      spoilers.flatMap((spoil, i) => [
        adoptItem({ ...spec, spoil, onRefresh: turn(policies, i) }),
        adoptItem({ ...spec, spoil, onRefresh: turn(policies, i), hasBasis: 0 }),
      ]),
    ),
  ),
  kernelCase("adoptBasis", "weights without elements", () =>
    policies.flatMap((onRefresh) => mixture({ onRefresh }, emptyProjections)),
  ),
  kernelCase("adoptBasis", "idle items among others", () =>
    sides.flatMap((spec) => [
      adoptItem(spec),
      untouched(adoptItem({ ...spec, isDue: false })),
      untouched(adoptItem({ ...spec, isDue: false, hasBasis: 0 })),
    ]),
  ),
];
