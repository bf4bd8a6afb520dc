import type { TokenizedBook } from "../data/tokenized-book.js";
import { withEncodedBatch } from "../model/encoded-batch.js";
import { generate } from "../model/generate.js";
import type { LanguageModel } from "../model/language-model.js";
import { seededRandom } from "../random.js";
import { Contender } from "./contender.js";
import type { LearningRates, OptimizerName } from "./contenders.js";
import type { ContenderResult } from "./results.js";
import {
  languageTask,
  SEQUENCE_LENGTH,
  type TaskFacts,
  type TaskSettings,
  taskFacts,
} from "./task.js";

/** What is trained, and for how long. */
export interface ComparisonSettings extends TaskSettings {
  readonly optimizers: readonly OptimizerName[];
  readonly steps: number;
  readonly rank: number;
  /** How many times the validation loss is taken during training. */
  readonly evaluations: number;
}

export interface Comparison {
  readonly facts: TaskFacts;
  readonly results: readonly ContenderResult[];
}

/** The state of a contender that a progress display shows. */
export interface Progress {
  readonly name: OptimizerName;
  readonly title: string;
  readonly step: number;
  readonly validationLoss: number | undefined;
}

/** What the trained models are asked to continue, and for how long. */
const PROMPT = "Call me Ishmael.";
const SAMPLE_TOKENS = 90;

/**
 * Trains one model for each optimizer, a step of each in turn: from the same initial values, on
 * the same batches, and under the same load of the machine at every point of the training. Each is
 * as often the first of a turn, whose step takes a few percent longer.
 */
export function compare(
  book: TokenizedBook,
  settings: ComparisonSettings,
  rates: LearningRates,
  onProgress: (progress: Progress) => void = () => {},
): Comparison {
  const { steps, seed } = settings;
  const task = languageTask(book, settings);
  const { batches, validation } = task;
  const contenders = settings.optimizers.map((name) => new Contender(name, task, rates, settings));
  const evaluationInterval = Math.max(1, Math.round(steps / settings.evaluations));
  try {
    for (const contender of contenders) contender.evaluate(validation);
    for (let step = 0; step < steps; step++) {
      const evaluates = (step + 1) % evaluationInterval === 0 || step + 1 === steps;
      withEncodedBatch(batches.next().value, book.tokenizer.size, (batch) => {
        const first = step % contenders.length;
        for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
          contender.step(batch);
          if (evaluates) contender.evaluate(validation);
          const { name, title, validationLoss } = contender;
          onProgress({ name, title, step: step + 1, validationLoss });
        }
      });
    }
    const sample = sampler(book, seed);
    return {
      facts: taskFacts(book, task),
      results: contenders.map((contender) => contender.result(task.tail, sample)),
    };
  } finally {
    for (const contender of contenders) contender.dispose();
  }
}

/** Lets a model continue the book's first words; for every model the same random numbers. */
function sampler({ tokenizer }: TokenizedBook, seed: number): (model: LanguageModel) => string {
  const prompt = tokenizer.encode(PROMPT);
  return (model) => {
    const random = seededRandom(seed, 2);
    return tokenizer.decode(generate(model, prompt, SAMPLE_TOKENS, SEQUENCE_LENGTH, random));
  };
}
