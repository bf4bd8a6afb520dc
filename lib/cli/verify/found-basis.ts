/** Cases of kernels that find a basis in the gradient: what holds of all of them. */

import type { KernelName } from "../../native.js";
import { numel } from "../../tensor.js";
import { emptyProjections, type Projection, projections } from "./bases.js";
import {
  type BasisItem,
  type BasisSpec,
  basisItem,
  checkAdopted,
  checkLeftOrRefused,
  checkOrthonormal,
  checkRefused,
  mixedTypes,
  uselessGradients,
  usualSpec,
} from "./basis-item.js";
import { policies, turn } from "./choices.js";
import {
  type KernelCase,
  type KernelField,
  kernelCase,
  type TestItem,
  untouched,
  withoutGradient,
} from "./kernel-case.js";
import type { Worst } from "./worst.js";

export interface FindingKernel<Spec extends BasisSpec> {
  readonly kernel: KernelName;
  /** Fields beside those of every basis. */
  fields(spec: Spec): Readonly<Record<string, KernelField>>;
  /** What a basis that was found is, beside orthonormal. */
  check(worst: Worst, item: BasisItem, spec: Spec): void;
}

function itemWith<Spec extends BasisSpec>(
  finding: FindingKernel<Spec>,
  spec: Spec,
  check: (worst: Worst, item: BasisItem) => void,
): TestItem {
  const item = basisItem(spec);
  return {
    fields: { ...item.fields, ...finding.fields(spec) },
    writes: item.writes,
    check: (worst) => check(worst, item),
  };
}

/** An item whose gradient has a basis to find. */
export function foundItem<Spec extends BasisSpec>(
  finding: FindingKernel<Spec>,
  spec: Spec,
): TestItem {
  return itemWith(finding, spec, (worst, item) => {
    checkAdopted(worst, item);
    checkOrthonormal(worst, item);
    finding.check(worst, item, spec);
  });
}

/** Projections with all kinds of types; `make` has the spec of each. */
export function foundMixture<Spec extends BasisSpec>(
  finding: FindingKernel<Spec>,
  make: (projection: Projection, i: number) => Spec,
  changes: Partial<BasisSpec>,
  chosen: readonly Projection[] = projections,
): TestItem[] {
  return chosen.map((projection, i) =>
    foundItem(finding, { ...make(projection, i), ...mixedTypes(i), ...changes }),
  );
}

/** `sides`: a spec of each side; `variants`: the ways in which a basis is found on each of them. */
export function foundCases<Spec extends BasisSpec>(
  finding: FindingKernel<Spec>,
  sides: readonly Spec[],
  variants: readonly Spec[] = sides,
): KernelCase[] {
  const { kernel } = finding;
  const item = (spec: Spec, changes: Partial<BasisSpec> = {}) =>
    foundItem(finding, { ...spec, ...changes });
  const refused = (spec: Spec, changes: Partial<BasisSpec>, check = checkRefused) =>
    itemWith(finding, { ...spec, ...changes }, check);
  const narrow = { basis: "bfloat16", grad: "bfloat16" } as const;
  return [
    kernelCase(kernel, "gradients far from 1 in size", () =>
      [1e-30, 1e-15, 1e15, 1e30].flatMap((size) =>
        variants.map((spec) =>
          item(spec, { gradient: Float64Array.from(spec.gradient, (x) => size * x) }),
        ),
      ),
    ),
    kernelCase(kernel, "gradients that give no basis are refused", () =>
      variants.flatMap((spec) =>
        uselessGradients(numel(spec.shape)).flatMap((gradient, i) =>
          ([0, 1] as const).flatMap((hasBasis) => [
            refused(spec, { gradient, hasBasis, onRefresh: turn(policies, i) }),
            refused(spec, { gradient, hasBasis, ...narrow }),
          ]),
        ),
      ),
    ),
    kernelCase(kernel, "weights without elements", () =>
      emptyProjections.map((projection) =>
        refused(
          sides[0],
          { ...usualSpec, ...projection, hasBasis: 0, gradient: [] },
          checkLeftOrRefused,
        ),
      ),
    ),
    kernelCase(kernel, "no gradient", () =>
      sides.flatMap((spec) => [
        withoutGradient(item(spec)),
        withoutGradient(item(spec, { hasBasis: 0 })),
      ]),
    ),
    kernelCase(kernel, "idle items among others", () =>
      sides.flatMap((spec) => [
        item(spec),
        untouched(item(spec, { isDue: false })),
        untouched(item(spec, { isDue: false, hasBasis: 0 })),
      ]),
    ),
  ];
}
