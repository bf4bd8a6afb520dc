import { parseArgs } from "node:util";
import type { BatchTestKind } from "lean-optim";
import type { ComparisonSettings } from "./training/comparison.js";
import { type OptimizerName, optimizerNames } from "./training/contenders.js";
import { batchTestKinds } from "./training/growing-batches.js";
import { SEQUENCE_LENGTH } from "./training/task.js";

/** The size at which learning rates are searched and the demonstration runs unless told. */
export const defaults = {
  steps: 600,
  rank: 32,
  layers: 2,
  width: 128,
  tokens: 512,
  seed: 1,
  evaluations: 20,
} as const;

/** The tokens that the book is encoded with. */
export const VOCABULARY = 512;

/** Where the sweep writes the rates that it found, and the demonstration reads them. */
export const RATES_FILE = "examples/language-model/learning-rates.json";

/** The options of `npm run demo`. */
export interface Settings extends ComparisonSettings {
  /** The file of the report. */
  readonly out: string;
  /** The file of all measurements, if one is wanted. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const usage = `Trains one small language model on Moby Dick with each optimizer, side by side, and draws a report.

  npm run demo -- [options]

  --optimizers LIST   of ${optimizerNames.join(", ")} (all)
  --steps N           training steps (${defaults.steps})
  --tokens N          tokens of a step, a multiple of ${SEQUENCE_LENGTH} (${defaults.tokens})
  --layers N          layers of the model (${defaults.layers})
  --width N           width of the model, a multiple of 32 (${defaults.width})
  --rank N            rank of the subspace momentum (${defaults.rank})
  --seed N            of the initial values and the batches (${defaults.seed})
  --adaptive-batch [TEST]
                      let batches of --tokens grow where their gradients are noisy, by a test of
                      ${batchTestKinds.join(", ")} (norm)
  --out FILE          the report (demo-report.html)
  --json FILE         all measurements, too
  --help
`;

/** Reads the command line; throws a readable error for what it does not understand. */
export function parseSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: withDefaultTest(args),
    options: {
      optimizers: { type: "string", default: optimizerNames.join(",") },
      steps: { type: "string", default: String(defaults.steps) },
      tokens: { type: "string", default: String(defaults.tokens) },
      layers: { type: "string", default: String(defaults.layers) },
      width: { type: "string", default: String(defaults.width) },
      rank: { type: "string", default: String(defaults.rank) },
      "adaptive-batch": { type: "string" },
      seed: { type: "string", default: String(defaults.seed) },
      out: { type: "string", default: "demo-report.html" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const test = values["adaptive-batch"];
  return {
    optimizers: parseOptimizers(values.optimizers),
    steps: parseCount("steps", values.steps),
    tokens: parseCount("tokens", values.tokens, SEQUENCE_LENGTH),
    layers: parseCount("layers", values.layers),
    width: parseCount("width", values.width, 32),
    rank: parseCount("rank", values.rank),
    seed: parseCount("seed", values.seed),
    evaluations: defaults.evaluations,
    ...(test !== undefined && { adaptiveBatch: parseTest(test) }),
    out: values.out,
    json: values.json,
    help: values.help,
  };
}

/** `--adaptive-batch` alone means the norm test. */
function withDefaultTest(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    const isAlone = arg === "--adaptive-batch" && (args[i + 1] ?? "--").startsWith("--");
    return isAlone ? "--adaptive-batch=norm" : arg;
  });
}

function parseTest(text: string): BatchTestKind {
  const kind = batchTestKinds.find((name) => name === text);
  if (kind === undefined) {
    throw new RangeError(`--adaptive-batch: "${text}" is none of ${batchTestKinds.join(", ")}`);
  }
  return kind;
}

function parseOptimizers(list: string): OptimizerName[] {
  const wanted = list.split(",").map((name) => name.trim().toLowerCase());
  const unknown = wanted.find((name) => !optimizerNames.includes(name as OptimizerName));
  if (unknown !== undefined) {
    throw new RangeError(`--optimizers: "${unknown}" is none of ${optimizerNames.join(", ")}`);
  }
  return optimizerNames.filter((name) => wanted.includes(name));
}

/** A flag's positive whole number, a multiple of `unit`; throws a readable error. */
export function parseCount(flag: string, text: string, unit = 1): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < unit || value % unit !== 0) {
    const kind = unit === 1 ? "a positive whole number" : `a positive multiple of ${unit}`;
    throw new RangeError(`--${flag}: expected ${kind}, got "${text}"`);
  }
  return value;
}
