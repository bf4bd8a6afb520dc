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

function subspaceStep(shape: Shape, rank: number, dtype: WeightType = "float32"): BenchCase {
  const [rows, columns] = shape;
  const right = rows >= columns;
  const [short, long] = right ? [columns, rows] : [rows, columns];
  const projected: Shape = right ? [rows, rank] : [rank, columns];
  return kernelCase("subspaceStep", {
    name: `${rows}x${columns} ${dtype}, rank ${rank}`,
    bytes:
      3 * numel(shape) * bytesPerElement[dtype] + 4 * (2 * long * rank + short * rank + 2 * long),
    flops: 4 * numel(shape) * rank,
    item: () => ({
      param: weight(shape, dtype),
      grad: gradient(shape, dtype),
      expAvg: momentum(projected),
      expAvgSq: secondMoment(long),
      basis: basis(short, rank),
      scalars: stepScalars(),
      counters: stepCounters(),
      side: right ? "right" : "left",
      partition: right ? "rows" : "columns",
    }),
  });
}

export const cases: BenchCase[] = [
  subspaceStep([2048, 2048], 512),
  subspaceStep([2048, 2048], 512, "bfloat16"),
  subspaceStep([2736, 1024], 256),
  subspaceStep([1024, 2736], 256),
  subspaceStep([2048, 5461], 512),
  subspaceStep([4096, 4096], 128),
];
