import { readFileSync, writeFileSync } from "node:fs";
import type { Machine } from "./machine.js";
import type { ComparisonSettings } from "./training/comparison.js";
import { type LearningRates, type OptimizerName, optimizerNames } from "./training/contenders.js";

/** One run of the sweep: a training of its own, from start to end. */
export interface SweepRun {
  readonly learningRate: number;
  /** The steps of the training, over which its schedule runs down. */
  readonly steps: number;
  /** On the whole held-out tail after the last step, nats per token; null when it diverged. */
  readonly validationLoss: number | null;
}

/** The outcome of a sweep: for each optimizer every run, in order of rate, and the best rate. */
export interface SweepRecord {
  readonly settings: Omit<ComparisonSettings, "optimizers" | "steps" | "evaluations">;
  readonly machine: Machine;
  readonly grid: Readonly<Record<OptimizerName, readonly SweepRun[]>>;
  readonly best: LearningRates;
}

export function readSweep(file: string): SweepRecord {
  const record = JSON.parse(readFileSync(file, "utf8")) as SweepRecord;
  for (const name of optimizerNames) {
    if (!(record.best?.[name] > 0)) throw new Error(`${file} has no learning rate for ${name}`);
  }
  return record;
}

export function writeSweep(file: string, record: SweepRecord): void {
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** A loss for comparisons: a diverged run is worse than every other. */
export function comparableLoss({ validationLoss }: SweepRun): number {
  return validationLoss ?? Number.POSITIVE_INFINITY;
}

/** The run with the lowest validation loss. */
export function bestRun(runs: readonly SweepRun[]): SweepRun {
  const [first, ...rest] = runs;
  if (first === undefined) throw new Error("a sweep without runs has no best one");
  return rest.reduce((a, b) => (comparableLoss(b) < comparableLoss(a) ? b : a), first);
}

/**
 * Tries `start`, then neighbours on a grid of ratio `ratio`, one at a time and lower ones first,
 * until the best rate has a worse one on either side, or `limit` rates are tried. Runs come in
 * order of rate.
 */
export function searchLearningRate(
  start: number,
  ratio: number,
  limit: number,
  run: (learningRate: number) => SweepRun,
): SweepRun[] {
  const rate = (power: number) => Number((start * ratio ** power).toPrecision(3));
  let lowest = 0;
  let highest = 0;
  const runs = [run(start)];
  while (runs.length < limit) {
    const best = bestRun(runs);
    if (best === runs[0]) runs.unshift(run(rate(--lowest)));
    else if (best === runs.at(-1)) runs.push(run(rate(++highest)));
    else break;
  }
  return runs;
}
