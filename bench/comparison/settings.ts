/** The command line of `npm run compare`. */

import { parseArgs } from "node:util";
import { parseCount } from "../../examples/language-model/settings.js";
import { SEQUENCE_LENGTH } from "../../examples/language-model/training/task.js";
import { type Entry, entries } from "./entries.js";
import type { Size } from "./plan.js";

const defaults = {
  layers: 2,
  width: 64,
  vocabulary: 256,
  tokens: 192,
  rank: 16,
  rates: 5,
  "sweep-steps": 200,
  seeds: 3,
  steps: 600,
  evaluations: 12,
  jobs: 2,
} as const;

type CountName = keyof typeof defaults;

export interface Settings {
  readonly entries: readonly Entry[];
  readonly size: Size;
  /** Trainings at once. */
  readonly jobs: number;
  /** Where finished trainings are kept, and the report is written. */
  readonly folder: string;
  /** Finished trainings to do again. */
  readonly again: number;
  /** A file of results to draw instead of training. */
  readonly from: string | undefined;
  /** Writes bench/results and the tables of the documents. */
  readonly publish: boolean;
  readonly help: boolean;
}

export const usage = `Trains one small language model with every recipe, each at its own learning rate, and draws a report.
A run that was ended goes on where it was.

  npm run compare -- [options]

  --recipes LIST     of ${entries.map(({ name }) => name).join(", ")} (all)
  --jobs N           trainings at once, a process and a thread each (${defaults.jobs})
  --folder FOLDER    of finished trainings and the report (build/compare)
  --again N          then trains N of the finished ones again and fails unless every bit is the same
  --from FILE        draws the results of a file instead of training
  --publish          writes bench/results/comparison.json, its picture and the documents' tables
  --layers N, --width N, --vocabulary N, --tokens N, --rank N
                     the model, its tokens, those of a step, rank of bases (${defaults.layers}, ${defaults.width}, ${defaults.vocabulary}, ${defaults.tokens}, ${defaults.rank})
  --rates N, --sweep-steps N
                     an odd number of rates of each sweep, and its steps (${defaults.rates}, ${defaults["sweep-steps"]})
  --seeds N, --steps N, --evaluations N
                     of the trainings at the best rate (${defaults.seeds}, ${defaults.steps}, ${defaults.evaluations})
  --help
`;

const units: Partial<Record<CountName, number>> = { tokens: SEQUENCE_LENGTH, width: 32 };

export function parseSettings(args: readonly string[]): Settings {
  const names = Object.keys(defaults) as CountName[];
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(
        names.map((name) => [name, { type: "string", default: String(defaults[name]) } as const]),
      ),
      recipes: { type: "string" },
      folder: { type: "string", default: "build/compare" },
      again: { type: "string", default: "0" },
      from: { type: "string" },
      publish: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const texts = values as unknown as Readonly<Record<CountName, string>>;
  const count = (name: CountName) => parseCount(name, texts[name], units[name]);
  const rates = count("rates");
  if (rates % 2 === 0) throw new RangeError(`--rates: expected an odd number, got ${rates}`);
  return {
    entries: parseEntries(values.recipes),
    size: {
      layers: count("layers"),
      width: count("width"),
      vocabulary: count("vocabulary"),
      tokens: count("tokens"),
      rank: count("rank"),
      rates,
      sweepSteps: count("sweep-steps"),
      seeds: count("seeds"),
      steps: count("steps"),
      evaluations: count("evaluations"),
    },
    jobs: count("jobs"),
    folder: values.folder,
    again: values.again === "0" ? 0 : parseCount("again", values.again),
    from: values.from,
    publish: values.publish,
    help: values.help,
  };
}

/** In the order of the comparison, AdamW always among them: its rate is the embedding's. */
function parseEntries(list: string | undefined): readonly Entry[] {
  if (list === undefined) return entries;
  const wanted = list.split(",").map((name) => name.trim().toLowerCase());
  const known = entries.map(({ name }) => name.toLowerCase());
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`--recipes: there is no "${unknown}"`);
  return entries.filter(({ name }) => name === "adamw" || wanted.includes(name.toLowerCase()));
}
