/** Worker processes that train, each one training at a time. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { checkout } from "../support/paths.js";
import type { Outcome, Training } from "./training.js";
import type { Answer } from "./worker.js";

/** One process. It ends with `stop`, and with the process that started it. */
export class TrainingWorker {
  readonly #child: ChildProcess;

  constructor() {
    const root = checkout();
    this.#child = fork(join(root, "bench", "comparison", "worker.ts"), {
      cwd: root,
      execArgv: ["-r", join(root, "scripts", "ts.cjs")],
    });
  }

  async train(training: Training): Promise<Outcome> {
    const { entry, learningRate, seed } = training;
    const what = `${entry}, learning rate ${learningRate}, seed ${seed}`;
    const over = new AbortController();
    const { signal } = over;
    const ended = once(this.#child, "exit", { signal }).then(([code, by]) => ({
      error: `its process ended: ${by ?? `exit status ${code}`}`,
    }));
    const answered = once(this.#child, "message", { signal }).then(([answer]) => answer as Answer);
    ended.catch(() => {});
    answered.catch(() => {});
    this.#child.send(training);
    const answer = await Promise.race([answered, ended]);
    over.abort();
    if ("error" in answer) throw new Error(`${what}: ${answer.error}`);
    return answer.outcome;
  }

  stop(): void {
    this.#child.kill();
  }
}

/**
 * Works through trainings with `jobs` processes: each takes what `next` gives it, undefined for
 * nothing now, and asks again when any training is finished. Ends when nothing is left and all are
 * idle, or with the first error.
 */
export async function runTrainings(
  jobs: number,
  next: () => Training | undefined,
  finish: (training: Training, outcome: Outcome) => void,
): Promise<void> {
  const idle: TrainingWorker[] = [];
  const all: TrainingWorker[] = [];
  const busy = new Set<Promise<void>>();
  const free = () => idle.pop() ?? (all.length < jobs ? started() : undefined);
  const started = () => {
    const worker = new TrainingWorker();
    all.push(worker);
    return worker;
  };
  const start = (worker: TrainingWorker, training: Training) => {
    const work = worker.train(training).then((outcome) => {
      finish(training, outcome);
      idle.push(worker);
      busy.delete(work);
    });
    busy.add(work);
  };
  try {
    for (;;) {
      while (busy.size < jobs) {
        const training = next();
        if (training === undefined) break;
        start(free() as TrainingWorker, training);
      }
      if (busy.size === 0) return;
      await Promise.race(busy);
    }
  } finally {
    for (const worker of all) worker.stop();
  }
}
