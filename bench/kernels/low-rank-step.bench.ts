import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import {
  basis,
  gradient,
  kernelCase,
  momentum,
  secondMoment,
  stepCounters,
  stepScalars,
  weight,
} from "../support/kernel.js";

type Direction = "subspace" | "residual" | "gradient";

function lowRankStep(
  shape: Shape,
  rank: number,
  direction: Direction,
  dtype: WeightType = "float32",
): BenchCase {
  const [rows, columns] = shape;
  const right = rows >= columns;
  const [short, long] = right ? [columns, rows] : [rows, columns];
  const projected: Shape = right ? [rows, rank] : [rank, columns];
  const isLimited = direction !== "subspace";
  // Along the gradient nothing is projected back; outside the subspace the gradient is read again.
  const products = direction === "gradient" ? 2 : 4;
  const passes = isLimited ? 4 : 3;
  return kernelCase("lowRankStep", {
    name: `${rows}x${columns} ${dtype}, rank ${rank}, ${direction}`,
    bytes: passes * numel(shape) * bytesPerElement[dtype] + 4 * (4 * long * rank + short * rank),
    flops: products * numel(shape) * rank,
    item: () => ({
      param: weight(shape, dtype),
      grad: gradient(shape, dtype),
      expAvg: momentum(projected),
      expAvgSq: momentum(projected),
      basis: basis(short, rank),
      ...(isLimited && { lastNorm: secondMoment(1) }),
      scalars: stepScalars(),
      counters: stepCounters(),
      side: right ? "right" : "left",
      direction,
      maxGrowth: isLimited ? 1.01 : 0,
    }),
  });
}

export const cases: BenchCase[] = [
  lowRankStep([2048, 2048], 512, "subspace"),
  lowRankStep([2048, 2048], 512, "subspace", "bfloat16"),
  lowRankStep([2048, 2048], 512, "residual"),
  lowRankStep([2048, 2048], 512, "gradient"),
  lowRankStep([2048, 2048], 1, "gradient"),
  lowRankStep([1024, 2736], 256, "subspace"),
];
