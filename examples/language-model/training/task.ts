import { type Batch, consecutiveBatches, randomBatches } from "../data/batches.js";
import type { TokenizedBook } from "../data/tokenized-book.js";
import { initialParameters, type Parameter, parameterCount } from "../model/parameters.js";
import { type ModelShape, modelShape } from "../model/shape.js";
import { seededRandom } from "../random.js";

/** What determines a task, beside the book. */
export interface TaskSettings {
  /** Tokens of one step, a multiple of `SEQUENCE_LENGTH`. */
  readonly tokens: number;
  readonly layers: number;
  readonly width: number;
  /** Of the initial values and the batches. */
  readonly seed: number;
}

/** What every optimizer is given alike: a model's beginning, and text. */
export interface Task {
  readonly shape: ModelShape;
  readonly parameters: readonly Parameter[];
  /** Endless. */
  readonly batches: Iterator<Batch, never>;
  /** Spread over the held-out tail, for losses during training. */
  readonly validation: readonly Batch[];
  /** The whole held-out tail. */
  readonly tail: readonly Batch[];
}

/** The facts of a task that follow from its settings and the book. */
export interface TaskFacts {
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

/** The tokens of one sequence. */
export const SEQUENCE_LENGTH = 64;

/** Evaluations are in batches of their own, so that they do not depend on those of the training. */
const EVALUATION_SHAPE = { count: 16, length: SEQUENCE_LENGTH } as const;
const EVALUATION_BATCHES = 8;

export function languageTask(book: TokenizedBook, settings: TaskSettings): Task {
  const { tokens, layers, width, seed } = settings;
  const shape = modelShape(layers, width, book.tokenizer.size);
  const batchShape = { count: tokens / SEQUENCE_LENGTH, length: SEQUENCE_LENGTH };
  return {
    shape,
    parameters: initialParameters(shape, seededRandom(seed)),
    batches: randomBatches(book.training, batchShape, seed),
    validation: consecutiveBatches(book.heldOut, EVALUATION_SHAPE, EVALUATION_BATCHES),
    tail: consecutiveBatches(book.heldOut, EVALUATION_SHAPE),
  };
}

export function taskFacts(book: TokenizedBook, { shape, parameters }: Task): TaskFacts {
  return {
    book: book.title,
    parameters: parameterCount(parameters),
    trainingTokens: book.training.length,
    heldOutTokens: book.heldOut.length,
    evaluationTokens: EVALUATION_BATCHES * EVALUATION_SHAPE.count * EVALUATION_SHAPE.length,
    charactersPerToken: book.charactersPerToken,
    vocabulary: book.tokenizer.size,
    heads: shape.heads,
    hidden: shape.hidden,
  };
}
