/** A comparison of three recipes, made up: two seeds, of which one diverged with SGD. */

import { entryOf } from "../../bench/comparison/entries.js";
import type { ComparisonRecord, EntryRecord, Run } from "../../bench/comparison/record.js";

function run(seed: number, later: readonly number[], finalLoss: number | null): Run {
  const evaluations = [5.5, ...later].map((loss, i) => ({ step: 10 * i, loss }));
  return { seed, evaluations, finalLoss, diverged: finalLoss === null, digest: `${seed}` };
}

function entry(
  name: string,
  best: number,
  losses: readonly (number | null)[],
  runs: Run[],
): EntryRecord {
  const { title, note, family } = entryOf(name);
  const sweep = losses.map((loss, i) => ({ learningRate: 2 ** i, loss, diverged: loss === null }));
  const stateBytes = { momentum: 100 * name.length - 400, secondMoment: 200 };
  return { name, title, note, family, learningRate: best, othersRate: 2, sweep, runs, stateBytes };
}

export function comparisonRecord(): ComparisonRecord {
  return {
    measured: "2026-01-02",
    version: "0.0.0",
    machine: { cpu: "a <processor>", cores: 2, platform: "linux", node: "v20", kind: "avx2" },
    framework: "a framework",
    size: {
      ...{ layers: 1, width: 32, vocabulary: 128, tokens: 64, rank: 4 },
      ...{ rates: 3, sweepSteps: 5, seeds: 2, steps: 20, evaluations: 2 },
    },
    facts: {
      ...{ book: "a book", parameters: 1234, trainingTokens: 9000, heldOutTokens: 1000 },
      ...{ evaluationTokens: 512, charactersPerToken: 1.5, vocabulary: 128, heads: 1, hidden: 88 },
    },
    calibration: { model: 10, optimizer: { adamw: 1, muon: 3, sgd: 0.5 } },
    entries: [
      entry("adamw", 2, [4.9, 4.7, 4.8], [run(1, [4.25, 4], 4), run(2, [5.25, 5], 5)]),
      entry("muon", 2, [4.9, 4.6, 4.8], [run(1, [4.2, 3.9], 3.9), run(2, [5.2, 4.9], 4.86)]),
      entry("sgd", 1, [5.2, 5.3, null], [run(1, [5.4, 5.3], 5.3), run(2, [5.45], null)]),
    ],
  };
}
