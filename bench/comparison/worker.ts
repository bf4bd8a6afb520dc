/** A process that trains what it is sent, one training after the other, on one thread. */

import { setImmediate } from "node:timers/promises";
import { setThreads } from "lean-optim";
import { useWasm } from "../../examples/language-model/backend.js";
import {
  type TokenizedBook,
  tokenizeBook,
} from "../../examples/language-model/data/tokenized-book.js";
import { type Outcome, type Training, train } from "./training.js";

export type Answer = { readonly outcome: Outcome } | { readonly error: string };

const ready = useWasm().then(() => setThreads(1));
const books = new Map<number, TokenizedBook>();

function bookOf(vocabulary: number): TokenizedBook {
  const book = books.get(vocabulary) ?? tokenizeBook(vocabulary);
  books.set(vocabulary, book);
  return book;
}

async function answer(training: Training): Promise<Answer> {
  try {
    await ready;
    // Messages and the end of whoever sends them are only heard between steps.
    return { outcome: await train(bookOf(training.vocabulary), training, setImmediate) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on("message", async (training: Training) => {
  // Nobody may be left to hear it.
  process.send?.(await answer(training), undefined, undefined, (error) => {
    if (error !== null) process.exit(1);
  });
});
process.on("disconnect", () => process.exit());
