import { useWasm } from "./backend.js";
import { tokenizeBook } from "./data/tokenized-book.js";
import { readSweep } from "./learning-rates.js";
import { thisMachine } from "./machine.js";
import { progressDisplay } from "./progress.js";
import type { DemoRecord } from "./report/record.js";
import { RATES_FILE, type Settings, VOCABULARY } from "./settings.js";
import { compare } from "./training/comparison.js";

/** Runs the comparison that `settings` describe and returns everything it measured. */
export async function runDemo(settings: Settings): Promise<DemoRecord> {
  const framework = await useWasm();
  const sweep = readSweep(RATES_FILE);
  const start = performance.now();
  const display = progressDisplay(settings.optimizers, settings.steps);
  const book = tokenizeBook(VOCABULARY);
  const comparison = compare(book, settings, sweep.best, display.update);
  const minutes = (performance.now() - start) / 60_000;
  return { settings, machine: thisMachine(), framework, minutes, sweep, ...comparison };
}
