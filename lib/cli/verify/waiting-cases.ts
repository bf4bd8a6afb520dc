/** Cases of kernels whose bases may wait: csrc/kernels/basis.h, refreshDelay. */

import type { KernelName } from "../../native.js";
import { numel } from "../../tensor.js";
import {
  type BasisSpec,
  basisItem,
  checkRefused,
  checkRipe,
  uselessGradients,
  usualCall,
} from "./basis-item.js";
import { policies, stateTypes } from "./choices.js";
import { type KernelCase, kernelCase, type TestItem, untouched } from "./kernel-case.js";

const delay = 3;
const empty = { delay, call: 0 };

/** `make` has an item of a spec, which checks that its basis is right wherever it comes to lie. */
export function waitingCases<Spec extends BasisSpec>(
  kernel: KernelName,
  specs: readonly Spec[],
  make: (spec: Spec) => TestItem,
): KernelCase[] {
  function replaced(changes: Partial<BasisSpec>, check = checkRipe): TestItem[] {
    return specs.map((spec) => {
      const changed = { ...spec, ...changes };
      const item = basisItem(changed);
      return {
        fields: { ...make(changed).fields, ...item.fields },
        writes: item.writes,
        check: (worst) => check(worst, item),
      };
    });
  }
  const every = (changes: Partial<BasisSpec>) => specs.map((spec) => make({ ...spec, ...changes }));
  const ripe = { isDue: false, waiting: { delay, call: usualCall - delay } };
  return [
    kernelCase(kernel, "a basis that has to wait", () =>
      policies.flatMap((onRefresh) => every({ onRefresh, waiting: empty })),
    ),
    kernelCase(kernel, "the first basis does not wait", () =>
      every({ hasBasis: 0, waiting: empty }),
    ),
    ...policies.map((onRefresh) =>
      kernelCase(kernel, `${onRefresh}, a basis whose time has come`, () =>
        stateTypes.flatMap((type) => replaced({ ...ripe, onRefresh, basis: type, state: type })),
      ),
    ),
    kernelCase(kernel, "a basis whose time came in a step that was skipped", () =>
      replaced({ ...ripe, waiting: { delay, call: usualCall - delay - 2 } }),
    ),
    kernelCase(kernel, "a basis whose time has not come", () =>
      [
        ...replaced({ isDue: false, waiting: { delay, call: usualCall - delay + 1 } }),
        ...replaced({ ...ripe, isActive: false }),
        ...replaced({ isDue: false, waiting: empty }),
      ].map(untouched),
    ),
    kernelCase(kernel, "a gradient that gives no basis leaves none waiting", () =>
      specs.flatMap((spec) =>
        uselessGradients(numel(spec.shape)).flatMap((gradient) =>
          replaced({ ...spec, gradient, waiting: empty }, checkRefused).map((item) => ({
            ...item,
            writes: ["basis", "expAvg", "counters"],
          })),
        ),
      ),
    ),
  ];
}
