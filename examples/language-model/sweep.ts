import { useWasm } from "./backend.js";
import { tokenizeBook } from "./data/tokenized-book.js";
import { bestRun, type SweepRun, searchLearningRate, writeSweep } from "./learning-rates.js";
import { thisMachine } from "./machine.js";
import { defaults, RATES_FILE, VOCABULARY } from "./settings.js";
import { compare } from "./training/comparison.js";
import type { LearningRates, OptimizerName } from "./training/contenders.js";

/** The ratio of neighbouring rates, and the most runs for one optimizer. */
const RATIO = 2;
const MOST_RUNS = 7;

/** Where the searches start: the published rates of the 60M runs (arXiv 2411.07120). */
const published: LearningRates = { adamw: 5e-3, adamsn: 5e-2, adamsnsm: 5e-2 };

/**
 * `npm run demo:sweep`: searches the learning rate of each optimizer at the demonstration's size
 * and length, and writes every run. Shorter runs would favour rates that are too high. AdamW comes
 * first, since the others train the embedding and the gains of the norms with AdamW at its rate.
 */
async function main(): Promise<void> {
  await useWasm();
  const { steps, evaluations: _, ...settings } = defaults;
  const book = tokenizeBook(VOCABULARY);
  const best = { ...published };

  const search = (name: OptimizerName): SweepRun[] => {
    const runs = searchLearningRate(published[name], RATIO, MOST_RUNS, (learningRate) => {
      const rates = { ...best, [name]: learningRate };
      const training = { ...settings, optimizers: [name], steps, evaluations: 1 };
      const { results } = compare(book, training, rates);
      const loss = results[0]?.finalLoss ?? Number.NaN;
      process.stdout.write(`${name.padEnd(8)}  lr ${learningRate}  loss ${loss.toFixed(4)}\n`);
      return { learningRate, steps, validationLoss: Number.isFinite(loss) ? loss : null };
    });
    best[name] = bestRun(runs).learningRate;
    return runs;
  };

  const grid = {
    adamw: search("adamw"),
    adamsn: search("adamsn"),
    adamsnsm: search("adamsnsm"),
  };
  writeSweep(RATES_FILE, { settings, machine: thisMachine(), grid, best });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
