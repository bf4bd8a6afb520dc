/** The whole comparison: trains what is missing, measures step times, and puts the record together. */

import { join } from "node:path";
import { setThreads } from "lean-optim";
import { useWasm } from "../../examples/language-model/backend.js";
import { tokenizeBook } from "../../examples/language-model/data/tokenized-book.js";
import { BASIS_INTERVAL } from "../../examples/language-model/training/contenders.js";
import { languageTask, taskFacts } from "../../examples/language-model/training/task.js";
import { type Calibration, calibrate } from "./calibration.js";
import { Journal } from "./journal.js";
import type { EntryPlan, Size } from "./plan.js";
import { type ComparisonRecord, makeRecord } from "./record.js";
import { type RunOptions, runComparison, type TrainingJournal } from "./run.js";
import type { Outcome, Training } from "./training.js";

/** How step times are measured: a whole interval of bases, so that refreshes have their share. */
const CALIBRATION = { steps: BASIS_INTERVAL, repetitions: 5 };

interface CalibrationKey {
  readonly entries: readonly string[];
  readonly size: Size;
  readonly steps: number;
  readonly repetitions: number;
}

export interface ComparisonOptions extends RunOptions {
  /** Where finished trainings and measured times are kept. */
  readonly folder: string;
  readonly calibration?: { readonly steps: number; readonly repetitions: number };
}

export interface FinishedComparison {
  readonly record: ComparisonRecord;
  readonly plans: readonly EntryPlan[];
  readonly journal: TrainingJournal;
}

/** Leaves this process's CPU backend at one thread. */
export async function compareAll(options: ComparisonOptions): Promise<FinishedComparison> {
  const { entries, size, folder, calibration: how = CALIBRATION } = options;
  const journal: TrainingJournal = new Journal<Training, Outcome>(join(folder, "trainings.jsonl"));
  const plans = await runComparison(journal, options);

  const framework = await useWasm();
  setThreads(1);
  const book = tokenizeBook(size.vocabulary);
  const times = new Journal<CalibrationKey, Calibration>(join(folder, "step-times.jsonl"));
  const key = { entries: entries.map(({ name }) => name), size, ...how };
  if (times.get(key) === undefined) times.add(key, calibrate(book, entries, { size, ...how }));
  const record = makeRecord(plans, (training) => journal.get(training), {
    size,
    facts: taskFacts(book, languageTask(book, { ...size, seed: 1 })),
    calibration: times.get(key) as Calibration,
    framework,
  });
  return { record, plans, journal };
}
