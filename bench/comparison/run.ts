/** Runs what a comparison lacks. */

import type { Entry } from "./entries.js";
import { fingerprint, type Journal } from "./journal.js";
import { type EntryPlan, type Finished, open, planAll, type Size, shareDone } from "./plan.js";
import type { Outcome, Training } from "./training.js";
import { runTrainings } from "./workers.js";

export type TrainingJournal = Journal<Training, Outcome>;

export interface RunOptions {
  readonly entries: readonly Entry[];
  readonly size: Size;
  readonly jobs: number;
  /** `done` is the share of all steps that is. */
  readonly onFinish?: (training: Training, outcome: Outcome, done: number) => void;
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
    onFinish(
      training,
      outcome,
      shareDone(entries, planAll(entries, size, finished), size, finished),
    );
  });
  return planAll(entries, size, finished);
}

/** An outcome without what the machine has a say in. */
function repeatable({ seconds: _, ...outcome }: Outcome): Omit<Outcome, "seconds"> {
  return outcome;
}

/**
 * Trains `count` of the finished trainings again, from the first to the last at equal distances.
 *
 * @throws Error when one does not come to the same, bit for bit
 */
export async function trainAgain(
  journal: TrainingJournal,
  plans: readonly EntryPlan[],
  { count, jobs }: { readonly count: number; readonly jobs: number },
): Promise<Training[]> {
  const all = plans.flatMap(({ sweep, trainings }) => [
    ...sweep.map(({ training }) => training),
    ...trainings,
  ]);
  const taken = Math.min(count, all.length);
  const chosen = Array.from(
    { length: taken },
    (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(1, taken - 1))] as Training,
  );
  const queue = [...chosen];
  await runTrainings(
    jobs,
    () => queue.shift(),
    (training, outcome) => {
      const before = fingerprint(repeatable(journal.get(training) as Outcome));
      if (fingerprint(repeatable(outcome)) === before) return;
      const { entry, learningRate, seed, steps } = training;
      throw new Error(
        `${entry}, learning rate ${learningRate}, seed ${seed}, ${steps} steps: another outcome than before`,
      );
    },
  );
  return chosen;
}
