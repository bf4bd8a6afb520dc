import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import { tensor } from "../support/data.js";
import { gradient, kernelCase } from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const [rows, columns] = shape;
const PIECES = 64;

function gradientStats(partition: "none" | "rows" | "columns", dtype: WeightType): BenchCase {
  const sums = partition === "rows" ? rows : columns;
  return kernelCase("gradientStats", {
    name: `${rows}x${columns} ${dtype}, ${partition}`,
    bytes: numel(shape) * bytesPerElement[dtype],
    item: () => ({
      grad: gradient(shape, dtype),
      ...(partition !== "none" && { sums: tensor(new Float32Array(sums), [sums]) }),
      partials: tensor(new Float64Array(PIECES), [PIECES]),
      nonFinite: tensor(new Int32Array(PIECES), [PIECES]),
      partition,
    }),
  });
}

export const cases: BenchCase[] = [
  gradientStats("none", "float32"),
  gradientStats("none", "bfloat16"),
  gradientStats("rows", "float32"),
  gradientStats("columns", "float32"),
];
