import { LeanError } from "../../errors.js";
import { requireInteger, requireKnownOptions, requireOneOf, show } from "../../options.js";
import type { SecondMoment, SecondMomentPlan, Weight } from "../part.js";
import { type AccumulationOptions, accumulation, accumulationOptions } from "./accumulation.js";
import {
  type PartitionOption,
  requirePartition,
  type SubsetOptions,
  subsetPlan,
} from "./subset.js";

/**
 * How weights of some name are cut: a {@link PartitionOption}, or `{ heads: n }`, n equal runs of
 * rows (a row where the weight is a vector: each element).
 */
export type NamedPartition = PartitionOption | { readonly heads: number };

/** A regular expression's source, which letter case does not matter to, and what it means. */
export type NamedPartitionPair = readonly [pattern: string, partition: NamedPartition];

export interface ByNameOptions extends AccumulationOptions {
  /** The first whose pattern is found in a parameter's name says how it is cut. Default: none. */
  partitions?: readonly NamedPartitionPair[];
  /** Average the squares of a subset (default), or sum them. */
  reduce?: SubsetOptions["reduce"];
}

/**
 * One second moment for each subset of a weight, as {@link subset}, where a parameter's name says
 * what its subsets are: Adam-mini (arXiv 2406.16793) and its like. A matrix that no pattern names is
 * cut by rows, with a warning; a vector that none names is one subset.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG; planning a weight of a number of rows that its heads do
 *   not divide, ERR_LEAN_SHAPE
 */
export function byName(options: ByNameOptions = {}): SecondMoment {
  requireKnownOptions("byName", options, ["kind", "partitions", "reduce", ...accumulationOptions]);
  const { partitions = [], reduce = "mean" } = options;
  requireOneOf("reduce", reduce, ["sum", "mean"]);
  const rules = partitionRules("partitions", partitions);
  const settings = { reduce, blockRule: "ragged", ...accumulation(options) } as const;

  function plan(weight: Weight): SecondMomentPlan {
    const rule = rules.find(({ pattern }) => pattern.test(weight.name));
    if (rule === undefined && !weight.vector) {
      weight.warn(
        `${weight.name}: no pattern says how its second moments are shared; each row has one`,
      );
    }
    const partition = rule?.partition ?? (weight.vector ? "tensor" : "row");
    return subsetPlan(weight, byRows(weight, partition), settings);
  }

  const { blockRule: _, ...data } = settings;
  const part = { kind: "byName", partitions, ...data, plan };
  return part;
}

interface PartitionRule {
  readonly pattern: RegExp;
  readonly partition: NamedPartition;
}

/** @throws LeanError ERR_LEAN_INVALID_ARG unless they are {@link NamedPartitionPair}s */
export function partitionRules(option: string, pairs: unknown): PartitionRule[] {
  if (!Array.isArray(pairs)) throw refusal(option, pairs, "a list of [pattern, partition] pairs");
  return pairs.map((pair: unknown, i) => {
    const label = `${option}[${i}]`;
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string") {
      throw refusal(label, pair, "a pair [pattern, partition]");
    }
    const [source, partition] = pair as [string, unknown];
    if (isHeads(partition)) {
      requireKnownOptions(`${label}[1]`, partition, ["heads"]);
      requireInteger(`${label}[1].heads`, partition.heads, 1);
    } else {
      requirePartition(`${label}[1]`, partition);
    }
    try {
      return { pattern: new RegExp(source, "i"), partition: partition as NamedPartition };
    } catch {
      throw refusal(`${label}[0]`, source, "the source of a regular expression");
    }
  });
}

function refusal(parameter: string, value: unknown, expected: string): LeanError {
  const text = `${parameter} must be ${expected}, not ${show(value)}`;
  return new LeanError("ERR_LEAN_INVALID_ARG", text, { parameter, value });
}

function isHeads(partition: unknown): partition is { readonly heads: number } {
  return typeof partition === "object" && partition !== null;
}

/** Heads as the runs of rows that they are. */
function byRows({ name, rows, cols, vector }: Weight, partition: NamedPartition): PartitionOption {
  if (!isHeads(partition)) return partition;
  if (vector) return "elementwise";
  const { heads } = partition;
  if (rows % heads !== 0) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}: ${heads} heads do not divide its ${rows} rows`,
      {
        parameter: name,
        value: heads,
      },
    );
  }
  if (rows === heads) return "row";
  return Math.max(1, (rows / heads) * cols);
}
