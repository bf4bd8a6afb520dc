import { LeanError } from "../../errors.js";
import { requireKnownOptions, requireOneOf } from "../../options.js";
import type { KernelPartition, SecondMoment, SecondMomentPlan, Weight } from "../part.js";
import {
  type Accumulation,
  type AccumulationOptions,
  accumulation,
  accumulationOptions,
  accumulationScalars,
} from "./accumulation.js";
import { elementwisePlan } from "./elementwise.js";

/**
 * How a weight is cut into subsets.
 * - "heuristics": one for each line of the longer side, so that sums run along the shorter one
 * - "row", "column", "tensor", "elementwise"
 * - k > 0: runs of k elements in row-major order
 * - −c < 0: runs of floor(sqrt(elements) / c)
 */
export type PartitionOption = "heuristics" | "row" | "column" | "tensor" | "elementwise" | number;

export interface SubsetOptions extends AccumulationOptions {
  /** Default "heuristics". */
  partition?: PartitionOption;
  /** Sum the squares of a subset (as published, default), or average them (keeps AdamW's lr). */
  reduce?: "sum" | "mean";
  /** Runs of exactly k with a shorter last one, or of the largest divisor not above k (published). */
  blockRule?: "ragged" | "divisor";
}

const words = ["heuristics", "row", "column", "tensor", "elementwise"] as const;

/** Length of the runs that k or −c asks for. */
function blockLength(elements: number, k: number, rule: "ragged" | "divisor"): number {
  const wanted = k > 0 ? k : Math.max(1, Math.floor(Math.sqrt(elements) / -k));
  if (rule === "ragged" || wanted >= elements) return wanted;
  let length = wanted;
  while (elements % length !== 0) length -= 1;
  return length;
}

interface Cut {
  readonly partition: KernelPartition;
  readonly block: number;
  readonly shape: readonly number[];
}

function cut(weight: Weight, option: PartitionOption, rule: "ragged" | "divisor"): Cut {
  const { rows, cols } = weight;
  const byRow: Cut = { partition: "rows", block: 0, shape: [rows, 1] };
  const byColumn: Cut = { partition: "columns", block: 0, shape: [1, cols] };
  const whole: Cut = { partition: "whole", block: 0, shape: [1] };
  const each: Cut = { partition: "elementwise", block: 0, shape: [rows, cols] };
  if (typeof option === "number") {
    const block = blockLength(rows * cols, option, rule);
    if (block === 1) return each;
    if (block >= rows * cols) return whole;
    return { partition: "blocks", block, shape: [Math.ceil((rows * cols) / block)] };
  }
  if (option === "tensor") return whole;
  if (weight.vector) return each;
  if (option === "row") return byRow;
  if (option === "column") return byColumn;
  if (option === "heuristics") return rows >= cols ? byRow : byColumn;
  return each;
}

/** @throws LeanError ERR_LEAN_INVALID_ARG unless it is a {@link PartitionOption} */
export function requirePartition(
  option: string,
  partition: unknown,
): asserts partition is PartitionOption {
  if (typeof partition !== "number") {
    requireOneOf(option, partition, words);
    return;
  }
  if (Number.isFinite(partition) && partition !== 0 && !(partition > 0 && partition % 1 !== 0)) {
    return;
  }
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `${option} must be a positive integer k, a negative number -c, or one of ${words.join(", ")}; not ${partition}`,
    { parameter: option, value: partition },
  );
}

/** How the squares of subsets become second moments. */
export interface SubsetSettings extends Accumulation {
  readonly reduce: "sum" | "mean";
  readonly blockRule: "ragged" | "divisor";
}

/** The plan of one second moment for each subset of a weight. */
export function subsetPlan(
  weight: Weight,
  option: PartitionOption,
  settings: SubsetSettings,
): SecondMomentPlan {
  const { partition, block, shape } = cut(weight, option, settings.blockRule);
  if (partition === "elementwise") return elementwisePlan(weight, settings);
  const { initial: fill } = settings;
  return {
    state: [{ key: "exp_avg_sq", kind: "secondMoment", shape, dtype: "float32", fill }],
    partition,
    block,
    mean: settings.reduce === "mean",
    scalars: accumulationScalars(settings),
  };
}

/**
 * Subset-Norm (arXiv 2411.07120, algorithm 1): one second moment for each subset of a weight, from
 * the sum of its squared gradients. Memory O(sqrt(d)) with "heuristics" on near-square weights.
 * Vectors get one for each element, but under "tensor" and runs of k.
 */
export function subset(options: SubsetOptions = {}): SecondMoment {
  requireKnownOptions("subset", options, [
    "kind",
    "partition",
    "reduce",
    "blockRule",
    ...accumulationOptions,
  ]);
  const { partition = "heuristics", reduce = "sum", blockRule = "ragged" } = options;
  requireOneOf("reduce", reduce, ["sum", "mean"]);
  requireOneOf("blockRule", blockRule, ["ragged", "divisor"]);
  requirePartition("partition", partition);
  const settings = { reduce, blockRule, ...accumulation(options) };
  const part = {
    kind: "subset",
    partition,
    ...settings,
    plan: (weight: Weight) => subsetPlan(weight, partition, settings),
  };
  return part;
}
