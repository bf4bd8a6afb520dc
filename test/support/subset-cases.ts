/** The settings of a Subset-Norm second moment. */
import type { PartitionOption } from "lean-optim";
import type { OracleSettings } from "./companion.js";
import type { Case } from "./recipe-tests.js";

interface SubsetNorm {
  partition?: PartitionOption;
  reduce?: "sum" | "mean";
  blockRule?: "ragged" | "divisor";
}

// 1 and 1000: each element alone, and no weight that is not in one piece.
const partitions: readonly PartitionOption[] = [
  "heuristics",
  "row",
  "column",
  "tensor",
  "elementwise",
  1,
  4,
  7,
  1000,
  -1,
  -2.5,
];

export const subsetCases: readonly Case<SubsetNorm>[] = [
  ...partitions.map((partition) => same(`partition ${partition}`, { partition })),
  ...(["row", "column", "tensor", 7] as const).map((partition) =>
    same(`means, partition ${partition}`, { partition, reduce: "mean" }),
  ),
  same("runs of a divisor", { partition: 7, blockRule: "divisor" }),
  // Sums are then taken beforehand, with the norm of all gradients.
  ...(["row", "column", "tensor", 7] as const).map((partition) => ({
    ...same(`clipping, partition ${partition}`, { partition, reduce: "mean" }),
    oracle: { partition, reduce: "mean", maxGradNorm: 2 } as const,
    walk: { options: { maxGradNorm: 2 } },
  })),
];

function same(title: string, options: SubsetNorm & OracleSettings): Case<SubsetNorm> {
  return { title, options, oracle: options };
}
