import type { BatchTestKind } from "lean-optim";
import { type Batch, randomBatches } from "../data/batches.js";
import type { TokenizedBook } from "../data/tokenized-book.js";
import { withEncodedBatch } from "../model/encoded-batch.js";
import { generate } from "../model/generate.js";
import type { LanguageModel } from "../model/language-model.js";
import { seededRandom } from "../random.js";
import { Contender } from "./contender.js";
import type { LearningRates, OptimizerName } from "./contenders.js";
import { microBatchOf } from "./growing-batches.js";
import type { ContenderResult } from "./results.js";
import {
  languageTask,
  SEQUENCE_LENGTH,
  type Task,
  type TaskFacts,
  type TaskSettings,
  taskFacts,
} from "./task.js";

/** What is trained, and for how long. */
export interface ComparisonSettings extends TaskSettings {
  readonly optimizers: readonly OptimizerName[];
  readonly steps: number;
  readonly rank: number;
  /**
   * Lets batches grow, from `tokens`, where this test asks for it: every optimizer's its own, until
   * `steps` first batches are used up.
   */
  readonly adaptiveBatch?: BatchTestKind;
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
  const task = languageTask(book, settings);
  const contenders = settings.optimizers.map((name) => new Contender(name, task, rates, settings));
  const report = ({ name, title, validationLoss }: Contender, step: number) =>
    onProgress({ name, title, step, validationLoss });
  const train = settings.adaptiveBatch === undefined ? trainInStep : trainGrowing;
  try {
    for (const contender of contenders) contender.evaluate(task.validation);
    train(contenders, book, task, settings, report);
    const sample = sampler(book, settings.seed);
    return {
      facts: taskFacts(book, task),
      results: contenders.map((contender) => contender.result(task.tail, sample)),
    };
  } finally {
    for (const contender of contenders) contender.dispose();
  }
}

type Report = (contender: Contender, step: number) => void;

/** The contenders in the order of a turn. */
function inTurn(contenders: readonly Contender[], turn: number): Contender[] {
  const first = turn % contenders.length;
  return [...contenders.slice(first), ...contenders.slice(0, first)];
}

/** Steps from one validation loss to the next. */
function evaluationInterval({ steps, evaluations }: ComparisonSettings): number {
  return Math.max(1, Math.round(steps / evaluations));
}

/** Every step is one of all contenders, with the same batch. */
function trainInStep(
  contenders: readonly Contender[],
  { tokenizer }: TokenizedBook,
  { batches, validation }: Task,
  settings: ComparisonSettings,
  report: Report,
): void {
  const { steps } = settings;
  const interval = evaluationInterval(settings);
  for (let step = 0; step < steps; step++) {
    const evaluates = (step + 1) % interval === 0 || step + 1 === steps;
    withEncodedBatch(batches.next().value, tokenizer.size, (batch) => {
      for (const contender of inTurn(contenders, step)) {
        contender.step(batch);
        if (evaluates) contender.evaluate(validation);
        report(contender, step + 1);
      }
    });
  }
}

/**
 * Every contender has batches of its own size, of micro-batches that come in the same order for all,
 * until the next would go beyond the tokens of all. Losses are taken after the step that makes its
 * tokens as many as at one of the losses of `trainInStep`, and at the end.
 */
function trainGrowing(
  contenders: readonly Contender[],
  { training }: TokenizedBook,
  { validation }: Task,
  settings: ComparisonSettings,
  report: Report,
): void {
  const { steps, tokens, seed } = settings;
  const shape = { count: microBatchOf(tokens / SEQUENCE_LENGTH), length: SEQUENCE_LENGTH };
  const interval = tokens * evaluationInterval(settings);
  const batches = new Map(contenders.map((one) => [one, randomBatches(training, shape, seed)]));
  for (let turn = 0; batches.size > 0; turn++) {
    for (const contender of inTurn([...batches.keys()], turn)) {
      const before = contender.tokens;
      const own = batches.get(contender) as Iterator<Batch, never>;
      const isAtEnd = !contender.stepGrowing(own, steps * tokens);
      if (isAtEnd) batches.delete(contender);
      const isDue = Math.floor(contender.tokens / interval) > Math.floor(before / interval);
      if (isDue || isAtEnd) contender.evaluate(validation);
      report(contender, isAtEnd ? steps : Math.floor(contender.tokens / tokens));
    }
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
