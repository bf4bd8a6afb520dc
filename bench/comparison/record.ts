/** What a comparison came to: the numbers that are published, and all that the report is drawn from. */

import { type Machine, thisMachine } from "../../examples/language-model/machine.js";
import type { TaskFacts } from "../../examples/language-model/training/task.js";
import { describeNative } from "../../lib/native.js";
import { version } from "../../lib/version.js";
import type { Calibration } from "./calibration.js";
import type { Entry } from "./entries.js";
import type { EntryPlan, Finished, Size } from "./plan.js";
import type { Evaluation, Outcome } from "./training.js";

/** One training of a sweep. */
export interface SweepPoint {
  readonly learningRate: number;
  /** In nats per token; null if losses ceased to be numbers. */
  readonly loss: number | null;
  readonly diverged: boolean;
}

/** One of the trainings at the best rate. */
export interface Run {
  readonly seed: number;
  /** In nats per token, on a part of the held-out tail. */
  readonly evaluations: readonly Evaluation[];
  /** On all of it; null if losses ceased to be numbers. */
  readonly finalLoss: number | null;
  readonly diverged: boolean;
  /** Of every training loss and the final weights: equal in a rerun. */
  readonly digest: string;
}

export interface EntryRecord extends Pick<Entry, "name" | "title" | "note" | "family"> {
  readonly learningRate: number;
  /** Of the embedding and the gains, AdamW's. */
  readonly othersRate: number;
  /** In order of rate. */
  readonly sweep: readonly SweepPoint[];
  readonly runs: readonly Run[];
  readonly stateBytes: Readonly<Record<string, number>>;
}

export interface ComparisonRecord {
  /** A day. */
  readonly measured: string;
  readonly version: string;
  /** Where step times are from, and where losses are equal bit for bit: the kind of the processor. */
  readonly machine: Machine & { readonly kind: string };
  readonly framework: string;
  readonly size: Size;
  readonly facts: TaskFacts;
  readonly calibration: Calibration;
  /** In the order of training. */
  readonly entries: readonly EntryRecord[];
}

/** Instruction set and BLAS. */
function processorKind(): string {
  return describeNative().devices.find(({ name }) => name === "cpu")?.kind ?? "unknown";
}

function entryRecord(
  { entry, sweep, best, trainings }: EntryPlan,
  finished: Finished,
): EntryRecord {
  const runs = trainings.map((training) => ({ training, outcome: finished(training) as Outcome }));
  const { name, title, note, family } = entry;
  return {
    ...{ name, title, note, family },
    learningRate: best?.learningRate as number,
    othersRate: trainings[0]?.othersRate as number,
    sweep: sweep.map(({ learningRate, outcome }) => {
      const { finalLoss, diverged } = outcome as Outcome;
      return { learningRate, loss: finalLoss, diverged };
    }),
    runs: runs.map(({ training, outcome }) => {
      const { evaluations, finalLoss, diverged, digest } = outcome;
      return { seed: training.seed, evaluations, finalLoss, diverged, digest };
    }),
    stateBytes: runs[0]?.outcome.stateBytes as Readonly<Record<string, number>>,
  };
}

/** The record of finished plans. */
export function makeRecord(
  plans: readonly EntryPlan[],
  finished: Finished,
  measures: Pick<ComparisonRecord, "size" | "facts" | "calibration" | "framework">,
): ComparisonRecord {
  return {
    measured: new Date().toISOString().slice(0, 10),
    version,
    machine: { ...thisMachine(), kind: processorKind() },
    ...measures,
    entries: plans.map((plan) => entryRecord(plan, finished)),
  };
}
