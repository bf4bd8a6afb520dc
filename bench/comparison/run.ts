/** Runs what a comparison lacks. */

import type { Entry } from "./entries.js";
import { fingerprint, type Journal } from "./journal.js";
import { type EntryPlan, type Finished, open, planAll, type Size } from "./plan.js";
import type { Outcome, Training } from "./training.js";
import { runTrainings } from "./workers.js";

export type TrainingJournal = Journal<Training, Outcome>;

export interface RunOptions {
  readonly entries: readonly Entry[];
  readonly size: Size;
  readonly jobs: number;
  readonly onFinish?: (training: Training, outcome: Outcome, left: number) => void;
}

/** Trains what the journal does not have yet, and returns the plans, all finished. */
export async function runComparison(
  journal: TrainingJournal,
  { entries, size, jobs, onFinish = () => {} }: RunOptions,
): Promise<EntryPlan[]> {
  const finished: Finished = (training) => journal.get(training);
  const running = new Set<string>();
  const openNow = () => open(planAll(entries, size, finished), finished);
  const next = () => {
    const training = openNow().find((candidate) => !running.has(fingerprint(candidate)));
    if (training !== undefined) running.add(fingerprint(training));
    return training;
  };
  await runTrainings(jobs, next, (training, outcome) => {
    journal.add(training, outcome);
    running.delete(fingerprint(training));
    onFinish(training, outcome, openNow().length);
  });
  return planAll(entries, size, finished);
}
