/**
 * What a step costs, measured apart: trainings run several at once, on machines that do other things,
 * so their own times say little. Here all optimizers take turns, a step each from the same gradients.
 */

import type { TokenizedBook } from "../../examples/language-model/data/tokenized-book.js";
import { withEncodedBatch } from "../../examples/language-model/model/encoded-batch.js";
import { languageTask } from "../../examples/language-model/training/task.js";
import { type Gradients, Trainee } from "../../examples/language-model/training/trainee.js";
import type { Entry } from "./entries.js";
import type { Size } from "./plan.js";
import { recipesFor } from "./training.js";

/** Milliseconds of a step on one thread. */
export interface Calibration {
  /** Forward and backward. */
  readonly model: number;
  /** By entry: between gradients and new weights, with its share of the refreshes of bases. */
  readonly optimizer: Readonly<Record<string, number>>;
}

export interface CalibrationSettings {
  readonly size: Size;
  /** Steps after the first, which allocates: as many as lie between two refreshes, or a multiple. */
  readonly steps: number;
  /** How often all of it is done. */
  readonly repetitions: number;
}

/**
 * The mean over steps of the least over repetitions: what else the machine does only ever adds, and
 * the mean over steps keeps the few in which a basis is refreshed.
 */
function typical(repetitions: readonly (readonly number[])[]): number {
  const steps = (repetitions[0] ?? []).map((_, step) =>
    Math.min(...repetitions.map((times) => times[step] as number)),
  );
  return steps.reduce((sum, time) => sum + time, 0) / steps.length;
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

interface Times {
  readonly model: number[];
  readonly optimizer: ReadonlyMap<string, number[]>;
}

function measureOnce(
  book: TokenizedBook,
  entries: readonly Entry[],
  { size, steps }: CalibrationSettings,
): Times {
  const task = languageTask(book, { ...size, seed: 1 });
  const { shape, parameters } = task;
  const trainees = entries.map((entry) => {
    const rates = { learningRate: entry.centre, othersRate: entry.centre };
    const recipes = recipesFor(entry, { ...rates, rank: size.rank, steps: size.steps });
    return new Trainee(entry.name, shape, parameters, recipes, 1);
  });
  const times: Times = {
    model: [],
    optimizer: new Map(entries.map(({ name }) => [name, []])),
  };
  const turn = (gradients: Gradients, first: number) => {
    for (let i = 0; i < trainees.length; i++) {
      const place = (first + i) % trainees.length;
      const took = timed(() => (trainees[place] as Trainee).apply(gradients));
      times.optimizer.get((entries[place] as Entry).name)?.push(took);
    }
  };
  const [source] = trainees as [Trainee];
  try {
    for (let step = 0; step <= steps; step++) {
      withEncodedBatch(task.batches.next().value, shape.vocabulary, (batch) => {
        const start = performance.now();
        const { gradients } = source.differentiate(batch);
        times.model.push(performance.now() - start);
        turn(gradients, step);
        for (const gradient of gradients.values()) gradient.dispose();
      });
    }
    return times;
  } finally {
    for (const trainee of trainees) trainee.dispose();
  }
}

/** On one thread, if the caller has set one. */
export function calibrate(
  book: TokenizedBook,
  entries: readonly Entry[],
  settings: CalibrationSettings,
): Calibration {
  const runs = Array.from({ length: settings.repetitions }, () =>
    measureOnce(book, entries, settings),
  );
  const optimizer = entries.map(({ name }) => [
    name,
    typical(runs.map((times) => (times.optimizer.get(name) ?? []).slice(1))),
  ]);
  return {
    model: typical(runs.map(({ model }) => model.slice(1))),
    optimizer: Object.fromEntries(optimizer),
  };
}
