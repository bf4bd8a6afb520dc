/** Cases of kernels that draw a basis at random, without a look at the gradient. */

import { type Matrix, svd } from "../../../test/oracle/matrix.js";
import type { RandomKey } from "../../../test/oracle/random-stream.js";
import type { KernelName } from "../../native.js";
import { numel } from "../../tensor.js";
import { emptyProjections, type Projection, projections } from "./bases.js";
import {
  type BasisSpec,
  basisItem,
  checkAdopted,
  checkOrthonormal,
  mixedTypes,
  newBasis,
  usualKey,
  usualSpec,
} from "./basis-item.js";
import { policies } from "./choices.js";
import { type KernelCase, kernelCase, type TestItem, untouched } from "./kernel-case.js";
import { replayCase } from "./replay-case.js";
import { u } from "./rounding.js";
import { storageError } from "./tensors.js";

export type RandomSpec = Omit<BasisSpec, "gradient">;

export interface RandomBasis {
  /** The basis that a key comes to, in float64. */
  readonly basis: Matrix;
  /** What was orthonormalized to get it; its condition magnifies the rounding of its elements. */
  readonly from?: Matrix;
  /** Whether its columns are orthonormal. */
  readonly orthonormal?: boolean;
}

export interface RandomKernel {
  readonly kernel: KernelName;
  /** Fields beside those of every basis. */
  readonly fields?: Readonly<Record<string, boolean | number | string>>;
  expected(dimension: number, rank: number, key: RandomKey): RandomBasis;
}

/**
 * Q of Y = QR moves by √2·κ(Y)·‖ΔY‖/‖Y‖ (Stewart 1977), where rounding gives √r·u; a basis that takes
 * two rounds is rounded twice.
 */
function qrError({ from }: RandomBasis): number {
  if (from === undefined) return 2 * u;
  const { values } = svd(from);
  return 4 * Math.sqrt(from.cols) * (values[0] / (values.at(-1) ?? 0)) * u;
}

/** An item whose gradient is no number anywhere: nothing comes of it. */
export function randomItem(random: RandomKernel, spec: RandomSpec): TestItem {
  const gradient = new Float64Array(numel(spec.shape)).fill(Number.NaN);
  const item = basisItem({ ...spec, gradient });
  return {
    fields: { ...item.fields, ...random.fields },
    writes: item.writes,
    check(worst) {
      checkAdopted(worst, item);
      const basis = newBasis(item);
      const drawn = random.expected(basis.rows, spec.rank, spec.key ?? usualKey);
      if (drawn.orthonormal !== false) checkOrthonormal(worst, item);
      const error = qrError(drawn);
      const bounds = drawn.basis.data.map((x) => error + storageError(spec.basis, x));
      worst.near("basis", basis.data, drawn.basis.data, bounds);
    },
  };
}

export function randomMixture(
  random: RandomKernel,
  changes: Partial<RandomSpec>,
  chosen: readonly Projection[] = projections,
): TestItem[] {
  return chosen.map((projection, i) =>
    randomItem(random, {
      ...usualSpec,
      ...projection,
      ...mixedTypes(i),
      key: { seed: 3 - i, stream: 2 ** 20 * i, calls: 1 + i },
      ...changes,
    }),
  );
}

/** What holds of all of them. */
export function randomCases(random: RandomKernel): KernelCase[] {
  const { kernel } = random;
  return [
    ...policies.flatMap((onRefresh) =>
      ([0, 1] as const).map((hasBasis) =>
        kernelCase(kernel, `${onRefresh}, ${hasBasis ? "a new basis" : "the first basis"}`, () =>
          randomMixture(random, { onRefresh, hasBasis }),
        ),
      ),
    ),
    kernelCase(kernel, "weights without elements", () =>
      policies.flatMap((onRefresh) => randomMixture(random, { onRefresh }, emptyProjections)),
    ),
    kernelCase(kernel, "idle items among others", () =>
      (["right", "left"] as const).flatMap((side) => [
        randomItem(random, { ...usualSpec, side }),
        untouched(randomItem(random, { ...usualSpec, side, isDue: false })),
        untouched(randomItem(random, { ...usualSpec, side, isDue: false, hasBasis: 0 })),
      ]),
    ),
    replayCase(kernel, "basis", (key) => randomItem(random, { ...usualSpec, key })),
  ];
}
