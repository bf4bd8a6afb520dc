/** Bytes of an optimizer's state, from shapes alone: what an Optimizer would allocate. */
import { type Layout, layOut, stateTensors } from "../../layout.js";
import { type MemoryReport, memoryReport } from "../../memory.js";
import type { ModelParameter } from "../../models/index.js";
import type { Recipe } from "../../recipe.js";
import { adamw } from "../../recipes/adamw.js";
import { bytesPerElement, numel, type StateDType, type WeightDType } from "../../tensor.js";
import { makeWeight } from "../../weight.js";

export interface EstimateOptions {
  /** Of the weights of linear layers; all others get AdamW, as in the published runs. */
  readonly recipe: Recipe;
  readonly dtype: WeightDType;
  readonly stateDtype: StateDType;
  warn(text: string): void;
}

/** The state's bytes under the two conventions. */
export interface Estimate {
  /**
   * As papers count: every moment and every basis in the state's type, nothing for counters and
   * alignment, nor for an error that is kept in the gradients. (They leave the bases out of their
   * sums, too.)
   */
  readonly published: MemoryReport;
  /** As this library allocates: second moments in float32. `total` is the arena's size. */
  readonly allocated: MemoryReport;
}

export function estimate(
  parameters: readonly ModelParameter[],
  { recipe, dtype, stateDtype, warn }: EstimateOptions,
): Estimate {
  const rest = adamw({ stateDtype });
  const layout = layOut(
    parameters.map(({ name, shape, role }, index) => ({
      weight: makeWeight({ name, shape, dtype }, index, stateDtype, warn),
      recipe: role === "linear" ? recipe : rest,
    })),
  );
  return { published: publishedReport(layout, stateDtype), allocated: memoryReport(layout) };
}

function publishedReport(layout: Layout, stateDtype: StateDType): MemoryReport {
  const byKind = { momentum: 0, secondMoment: 0, basis: 0, error: 0, counters: 0 };
  for (const { kind, shape, bytes, dtype } of stateTensors(layout)) {
    if (kind === "counters" || kind === "error") continue;
    byKind[kind] += dtype === "int32" ? bytes : numel(shape) * bytesPerElement[stateDtype];
  }
  const total = byKind.momentum + byKind.secondMoment + byKind.basis;
  return { byKind, padding: 0, total };
}
