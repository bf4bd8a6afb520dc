/** What a few trainings that differ in their seeds alone come to. */

import type { Span } from "../../examples/language-model/report/line-chart.js";
import { sum } from "../../examples/language-model/training/results.js";
import type { ComparisonRecord, EntryRecord } from "./record.js";

/** A mean and the sample standard deviation around it (0 of one value). */
export interface Estimate {
  readonly mean: number;
  readonly deviation: number;
}

export function estimate(values: readonly number[]): Estimate {
  const mean = sum(values) / values.length;
  const squares = sum(values.map((value) => (value - mean) ** 2));
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** Final losses, in order of seed; not a number where a training diverged to none. */
function finalLosses({ runs }: EntryRecord): number[] {
  return runs.map(({ finalLoss }) => finalLoss ?? Number.NaN);
}

/** The numbers of an entry that a table shows. */
export interface Summary {
  readonly entry: EntryRecord;
  /** Of the final loss; NaN if a training's losses ceased to be numbers. */
  readonly loss: Estimate;
  readonly least: number;
  readonly most: number;
  /** Of the differences from AdamW, seed by seed: seeds share batches and initial values. */
  readonly overAdamw: Estimate;
  readonly stateBytes: number;
  /** Of the optimizer. */
  readonly stepMilliseconds: number;
  /** Of a whole training on one thread, evaluations left out. */
  readonly seconds: number;
  /** Of the trainings at the best rate. */
  readonly diverged: number;
  /** Of the sweep. */
  readonly sweepDiverged: number;
  /** The best rate is the lowest or highest tried. */
  readonly isAtEdge: boolean;
}

export function secondsOfStep({ calibration }: ComparisonRecord, { name }: EntryRecord): number {
  return (calibration.model + (calibration.optimizer[name] ?? Number.NaN)) / 1000;
}

/** The best first, those that diverged last. */
export function summaries(record: ComparisonRecord): Summary[] {
  const adamw = record.entries.find(({ name }) => name === "adamw") as EntryRecord;
  const baseline = finalLosses(adamw);
  const all = record.entries.map((entry): Summary => {
    const losses = finalLosses(entry);
    const { sweep, learningRate, runs, stateBytes } = entry;
    return {
      entry,
      loss: estimate(losses),
      least: Math.min(...losses),
      most: Math.max(...losses),
      overAdamw: estimate(losses.map((loss, i) => loss - (baseline[i] as number))),
      stateBytes: sum(Object.values(stateBytes)),
      stepMilliseconds: record.calibration.optimizer[entry.name] ?? Number.NaN,
      seconds: record.size.steps * secondsOfStep(record, entry),
      diverged: runs.filter(({ diverged }) => diverged).length,
      sweepDiverged: sweep.filter(({ diverged }) => diverged).length,
      isAtEdge:
        learningRate === sweep[0]?.learningRate || learningRate === sweep.at(-1)?.learningRate,
    };
  });
  const order = ({ loss }: Summary) => (Number.isNaN(loss.mean) ? Number.MAX_VALUE : loss.mean);
  return all.sort((a, b) => order(a) - order(b));
}

export interface CurvePoint extends Span {
  readonly step: number;
  readonly mean: number;
}

/** The mean of the runs at each evaluation that all of them came to, and what lies between them. */
export function meanCurve(entry: EntryRecord, x: (step: number) => number): CurvePoint[] {
  const { runs } = entry;
  const length = Math.min(...runs.map(({ evaluations }) => evaluations.length));
  return Array.from({ length }, (_, i) => {
    const losses = runs.map(({ evaluations }) => (evaluations[i] as { loss: number }).loss);
    const step = runs[0]?.evaluations[i]?.step as number;
    const mean = estimate(losses).mean;
    return { step, x: x(step), mean, low: Math.min(...losses), high: Math.max(...losses) };
  });
}

/** How much further from the best than the median losses may be to be drawn to scale. */
const MOST_EXTENT = 3;

/** The part of an axis that losses are drawn on: all of them, unless a few are far off. */
export function shownDomain(losses: readonly number[]): [number, number] {
  const sorted = losses.filter(Number.isFinite).sort((a, b) => a - b);
  const [best = 0] = sorted;
  const median = sorted[Math.floor(sorted.length / 2)] ?? best;
  const edge = Math.min(sorted.at(-1) ?? best, best + MOST_EXTENT * (median - best));
  return [best, edge > best ? edge : best + 1];
}

/** The part for final losses, every seed's. */
export function finalDomain(rows: readonly Summary[]): [number, number] {
  return shownDomain(rows.flatMap(({ least, loss, most }) => [least, loss.mean, most]));
}
