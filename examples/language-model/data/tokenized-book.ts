import { readBook } from "./book.js";
import { learnTokenizer, type Tokenizer } from "./tokenizer.js";

/** The book as tokens, ready to be cut into batches. */
export interface TokenizedBook {
  readonly title: string;
  readonly tokenizer: Tokenizer;
  readonly training: Int32Array;
  /** The tail that is only ever evaluated. */
  readonly heldOut: Int32Array;
  /** Characters per token of the tail: what turns nats per token into bits per character. */
  readonly charactersPerToken: number;
}

/** Reads the book and encodes it with at most `vocabulary` tokens learned from its training part. */
export function tokenizeBook(vocabulary: number): TokenizedBook {
  const book = readBook();
  const tokenizer = learnTokenizer(book.training, vocabulary);
  const heldOut = tokenizer.encode(book.validation);
  return {
    title: book.title,
    tokenizer,
    training: tokenizer.encode(book.training),
    heldOut,
    charactersPerToken: book.validation.length / heldOut.length,
  };
}
