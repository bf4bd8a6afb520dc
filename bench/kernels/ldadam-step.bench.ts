import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import { noise, type Shape, tensor } from "../support/data.js";
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

function ldadamStep(shape: Shape, rank: number, feedsBack: boolean): BenchCase {
  const [rows, columns] = shape;
  const right = rows >= columns;
  const [short, long] = right ? [columns, rows] : [rows, columns];
  const coordinates: Shape = right ? [rows, rank] : [rank, columns];
  const elements = numel(shape);
  return kernelCase("ldadamStep", {
    name: `${rows}x${columns}, rank ${rank}${feedsBack ? "" : ", no error"}`,
    bytes: 4 * ((feedsBack ? 5 : 3) * elements + (4 * long + 2 * short) * rank),
    flops: (feedsBack ? 12 : 8) * elements * rank,
    item: () => ({
      param: weight(shape),
      grad: gradient(shape),
      expAvg: momentum(coordinates),
      expAvgSq: tensor(secondMoment(long * rank).data as Float32Array, coordinates),
      basis: basis(short, rank),
      ...(feedsBack && { error: tensor(noise(elements, 1e-3, 5), shape) }),
      scalars: stepScalars(),
      counters: stepCounters(),
      side: right ? "right" : "left",
      beta1: 0.908,
      beta2: 0.99,
      rho: 0.908,
    }),
  });
}

export const cases: BenchCase[] = [
  ldadamStep([2048, 2048], 512, true),
  ldadamStep([2048, 2048], 512, false),
  ldadamStep([1024, 2736], 256, true),
];
