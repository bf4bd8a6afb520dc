/** Partitions of weights, as kernels and oracles call them. */
import { type Partition, type PartitionRule, partition } from "../../../test/oracle/partition.js";
import type { KernelPartition } from "../../parts/part.js";
import type { MatrixShape } from "./shapes.js";

export const partitions: readonly KernelPartition[] = [
  "none",
  "elementwise",
  "rows",
  "columns",
  "blocks",
  "whole",
];

/** A length of runs that divides few numbers of elements. */
const block = 6;

const rules: Readonly<Record<KernelPartition, PartitionRule>> = {
  none: "elementwise",
  elementwise: "elementwise",
  rows: "row",
  columns: "column",
  blocks: block,
  whole: "tensor",
};

export function subsetsOf(shape: MatrixShape, kernelPartition: KernelPartition): Partition {
  return partition(shape, rules[kernelPartition]);
}

/** The `block` field that goes with a partition. */
export function blockOf(kernelPartition: KernelPartition): number {
  return kernelPartition === "blocks" ? block : 0;
}

/** How many second moments the kernels keep: also of weights without elements. */
export function subsetCount([rows, cols]: MatrixShape, kernelPartition: KernelPartition): number {
  switch (kernelPartition) {
    case "none":
      return 0;
    case "elementwise":
      return rows * cols;
    case "rows":
      return rows;
    case "columns":
      return cols;
    case "blocks":
      return Math.ceil((rows * cols) / block);
    case "whole":
      return 1;
  }
}
