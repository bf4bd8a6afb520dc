import { consecutiveBatches, randomBatches } from "../data/batches.js";
import type { TokenizedBook } from "../data/tokenized-book.js";
import { withEncodedBatch } from "../model/encoded-batch.js";
import { generate } from "../model/generate.js";
import type { LanguageModel } from "../model/language-model.js";
import { initialParameters, parameterCount } from "../model/parameters.js";
import { modelShape } from "../model/shape.js";
import { seededRandom } from "../random.js";
import { Contender } from "./contender.js";
import type { LearningRates, OptimizerName } from "./contenders.js";
import type { ContenderResult } from "./results.js";

/** What is trained, and for how long. */
export interface ComparisonSettings {
  readonly optimizers: readonly OptimizerName[];
  readonly steps: number;
  /** Tokens of one step, a multiple of `SEQUENCE_LENGTH`. */
  readonly tokens: number;
  readonly layers: number;
  readonly width: number;
  readonly rank: number;
  readonly seed: number;
  /** How many times the validation loss is taken during training. */
  readonly evaluations: number;
}

/** The facts of a comparison that follow from its settings and the book. */
export interface ComparisonFacts {
  readonly book: string;
  readonly parameters: number;
  readonly trainingTokens: number;
  readonly heldOutTokens: number;
  /** The tokens of the tail that losses during training are taken on. */
  readonly evaluationTokens: number;
  readonly charactersPerToken: number;
  readonly vocabulary: number;
  readonly heads: number;
  readonly hidden: number;
}

export interface Comparison {
  readonly facts: ComparisonFacts;
  readonly results: readonly ContenderResult[];
}

/** The state of a contender that a progress display shows. */
export interface Progress {
  readonly name: OptimizerName;
  readonly title: string;
  readonly step: number;
  readonly validationLoss: number | undefined;
}

/** The tokens of one sequence. */
export const SEQUENCE_LENGTH = 64;

/** Evaluations are in batches of their own, so that they do not depend on those of the training. */
const EVALUATION_SHAPE = { count: 16, length: SEQUENCE_LENGTH } as const;

/** The batches of the held-out tail that the validation loss is taken on during training. */
const EVALUATION_BATCHES = 8;

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
  const { training, heldOut } = book;
  const shape = modelShape(settings.layers, settings.width, book.tokenizer.size);
  const parameters = initialParameters(shape, seededRandom(seed));
  const batchShape = { count: settings.tokens / SEQUENCE_LENGTH, length: SEQUENCE_LENGTH };
  const validation = consecutiveBatches(heldOut, EVALUATION_SHAPE, EVALUATION_BATCHES);
  const batches = randomBatches(training, batchShape, seed);
  const contenders = settings.optimizers.map(
    (name) => new Contender(name, shape, parameters, rates, settings),
  );
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
    const wholeTail = consecutiveBatches(heldOut, EVALUATION_SHAPE);
    return {
      facts: {
        book: book.title,
        parameters: parameterCount(parameters),
        trainingTokens: training.length,
        heldOutTokens: heldOut.length,
        evaluationTokens: EVALUATION_BATCHES * EVALUATION_SHAPE.count * SEQUENCE_LENGTH,
        charactersPerToken: book.charactersPerToken,
        vocabulary: book.tokenizer.size,
        heads: shape.heads,
        hidden: shape.hidden,
      },
      results: contenders.map((contender) => contender.result(wholeTail, sample)),
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
