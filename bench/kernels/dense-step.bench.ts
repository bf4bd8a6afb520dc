import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import {
  gradient,
  kernelCase,
  momentum,
  secondMoment,
  stepCounters,
  stepScalars,
  weight,
} from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const [rows, columns] = shape;
const count = numel(shape);
const moments = { none: 0, elementwise: count, rows, columns, blocks: count / 2048 } as const;

function denseStep(
  partition: keyof typeof moments,
  hasMomentum: boolean,
  dtype: WeightType = "float32",
): BenchCase {
  const kept = moments[partition];
  const size = bytesPerElement[dtype];
  return kernelCase("denseStep", {
    name: `${rows}x${columns} ${dtype}, ${partition}${hasMomentum ? ", momentum" : ""}`,
    bytes: count * size * (3 + (hasMomentum ? 2 : 0)) + 8 * kept,
    item: () => ({
      param: weight(shape, dtype),
      grad: gradient(shape, dtype),
      ...(hasMomentum && { expAvg: momentum(shape, dtype) }),
      ...(kept > 0 && { expAvgSq: secondMoment(kept) }),
      scalars: stepScalars(),
      counters: stepCounters(),
      partition,
      block: partition === "blocks" ? 2048 : 0,
    }),
  });
}

export const cases: BenchCase[] = [
  denseStep("elementwise", true),
  denseStep("elementwise", true, "bfloat16"),
  denseStep("rows", true),
  denseStep("rows", false),
  denseStep("rows", true, "bfloat16"),
  denseStep("columns", true),
  denseStep("blocks", true),
  denseStep("none", true),
];
