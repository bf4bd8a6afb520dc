/** Cases of what kernels with a new basis say of it: when the next is due, and what it came to. */

import { frobeniusNorm, multiply, transpose } from "../../../test/oracle/matrix.js";
import { type DriftSettings, nextRefresh, type Schedule } from "../../../test/oracle/schedule.js";
import { project } from "../../../test/oracle/subspace.js";
import type { KernelName } from "../../native.js";
import type { KernelTensor } from "../../run-kernel.js";
import { numel } from "../../tensor.js";
import type { Projection } from "./bases.js";
import { type BasisSpec, basisItem, newBasis, usualKey } from "./basis-item.js";
import { turn } from "./choices.js";
import { type KernelCase, type KernelField, kernelCase, type TestItem } from "./kernel-case.js";
import { noise } from "./noise.js";
import { sumError } from "./rounding.js";
import { floats, unitRoundoff, valuesOf } from "./tensors.js";

interface PlannedSpec extends BasisSpec {
  readonly before: Schedule;
  readonly settings: DriftSettings;
  /** Whether its gradient gives no basis. */
  readonly isRefused?: boolean;
}

type Fields = Readonly<Record<string, KernelField>>;

function scheduleTensor({ gap, due }: Schedule): KernelTensor {
  return { data: BigInt64Array.of(BigInt(gap), BigInt(due)), shape: [2], dtype: "int64" };
}

/** ‖proj(G)‖² and ‖P_oldᵀP‖² are sums of squares of products, of a basis that is then rounded. */
function energyError({ shape: [rows, cols], basis, rank }: BasisSpec): number {
  return 4 * (sumError(rows) + sumError(cols)) + 4 * Math.sqrt(rank) * unitRoundoff(basis);
}

function plannedItem(spec: PlannedSpec, more: Fields): TestItem {
  const item = basisItem(spec);
  const { before, settings, isRefused = false, hasBasis, side } = spec;
  const schedule = scheduleTensor(before);
  const report = floats("float64", [3], [0, 0, -1]); // no time: it is never the same twice
  return {
    fields: { ...item.fields, ...more, ...settings, schedule, report },
    writes: [...item.writes, "schedule", "report"],
    check(worst) {
      const basis = newBasis(item);
      const same = frobeniusNorm(multiply(transpose(item.oldBasis), basis)) ** 2 / spec.rank;
      const overlap = hasBasis && !isRefused ? same : undefined;
      const expected = scheduleTensor(nextRefresh(before, settings, usualKey.calls, overlap));
      worst.same("schedule", schedule.data, expected.data);
      const whole = frobeniusNorm(item.gradient) ** 2;
      const captured = frobeniusNorm(project(item.gradient, basis, side)) ** 2 / whole;
      const error = energyError(spec);
      const [seenCaptured = 0, seenOverlap = 0] = valuesOf(report);
      worst.near("captured", [seenCaptured], [isRefused ? 0 : captured], error);
      const none = isRefused ? 0 : -1;
      worst.near("overlap", [seenOverlap], [overlap ?? none], overlap === undefined ? 0 : error);
    },
  };
}

const settings: DriftSettings = { drift: 0.5, minGap: 10, maxGap: 80, offset: 0 };

/** From any schedule, with any drift: every subspace is near enough for 1, none for 0. */
const plans: readonly Partial<PlannedSpec>[] = [
  { hasBasis: 0, before: { gap: 0, due: 0 } },
  { hasBasis: 0, before: { gap: 0, due: 0 }, settings: { ...settings, offset: 7 } },
  { hasBasis: 0, before: { gap: 0, due: 0 }, settings: { ...settings, offset: 700 } },
  ...[10, 15, 40, 79, 80].flatMap((gap) =>
    [0, 0.5, 1].map((drift) => ({
      before: { gap, due: usualKey.calls },
      settings: { ...settings, drift },
    })),
  ),
];

const projections: readonly Projection[] = [
  { shape: [53, 37], side: "right", rank: 17 },
  { shape: [53, 37], side: "left", rank: 9 },
  { shape: [16, 300], side: "left", rank: 3 },
];

/** `fields` are the kernel's own. */
export function plannedCases(
  kernel: KernelName,
  fields: Fields,
  { refuses }: { readonly refuses: boolean },
): KernelCase[] {
  const specs = (changes: Partial<PlannedSpec> = {}) =>
    plans.map((plan, i) => {
      const projection = turn(projections, i);
      const common: PlannedSpec = {
        ...projection,
        gradient: noise(numel(projection.shape), 5),
        grad: turn(["float32", "bfloat16", "float16"] as const, i),
        basis: turn(["float32", "bfloat16"] as const, i >> 1),
        state: "float32",
        onRefresh: turn(["restart", "rotate", "keep"] as const, i),
        hasBasis: 1,
        seed: 10 * i,
        before: { gap: 0, due: 0 },
        settings,
      };
      return { ...common, ...plan, ...changes };
    });
  const useless = (spec: PlannedSpec) => new Float64Array(numel(spec.shape));
  return [
    kernelCase(kernel, "what a refresh came to, and when the next is due", () =>
      specs().map((spec) => plannedItem(spec, fields)),
    ),
    ...(refuses
      ? [
          kernelCase(kernel, "when the next refresh is due after one that was refused", () =>
            specs({ isRefused: true }).map((spec) =>
              plannedItem({ ...spec, gradient: useless(spec) }, fields),
            ),
          ),
        ]
      : []),
  ];
}
