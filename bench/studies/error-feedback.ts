/** LDAdam with and without error feedback, where its subspace never shows it the signal. */

import { addNormal, seededRandom } from "../../examples/language-model/random.js";
import { adamw, ldadam, type Recipe } from "../../lib/index.js";
import { type Landscape, shuffled, spreadQuadratic } from "./landscape.js";
import { type Measured, type PlotOf, type Study, seedsOf } from "./study.js";
import { meanSquaredGradients } from "./trial.js";

interface Size {
  /** Lengths of runs: each has a learning rate of its own. */
  readonly steps: readonly number[];
  readonly seeds: number;
}

const ROWS = 24;
const COLUMNS = 48;
/** The block of noise, rows and columns 0 up to these; the signal has the other rows and columns. */
const NOISE = { rows: 8, columns: 16, deviation: 1 } as const;
const RANK = 4;
/** Of all elements, where the subspace is to be disturbed. */
const DISTURBANCE = 0.1;
/** The learning rate of T steps is this / √T. */
const LEARNING_RATE = 0.5;

/** Signal and noise have no row and no column in common. */
function landscapeOf(seed: number): Landscape {
  const landscape = spreadQuadratic(ROWS * COLUMNS, 10, shuffled(ROWS * COLUMNS, seed));
  landscape.start.forEach((_, i) => {
    const isSignal = Math.floor(i / COLUMNS) >= NOISE.rows && i % COLUMNS >= NOISE.columns;
    if (!isSignal) landscape.start[i] = 0;
  });
  return landscape;
}

function errorOf(
  recipe: (lr: number) => Recipe,
  steps: number,
  seed: number,
  disturbance: number,
): number {
  const random = seededRandom(seed, 1);
  const block = new Float32Array(NOISE.rows * NOISE.columns);
  const [error] = meanSquaredGradients({
    landscape: landscapeOf(seed),
    shape: [ROWS, COLUMNS],
    recipe: recipe(LEARNING_RATE / Math.sqrt(steps)),
    disturb: (gradient) => {
      addNormal(random, block.fill(0), NOISE.deviation);
      block.forEach((value, i) => {
        const at = Math.floor(i / NOISE.columns) * COLUMNS + (i % NOISE.columns);
        gradient[at] = (gradient[at] as number) + value;
      });
      if (disturbance > 0) addNormal(random, gradient, disturbance);
    },
    checkpoints: [steps],
  });
  return error as number;
}

function run({ steps, seeds }: Size): PlotOf<Measured>[] {
  const measure = (recipe: (lr: number) => Recipe, disturbance = 0) =>
    steps.map((x) => ({
      x,
      values: seedsOf(seeds).map((seed) => errorOf(recipe, x, seed, disturbance)),
    }));
  const plain = (lr: number) => adamw({ lr, weightDecay: 0, betas: [0.908, 0.99] });
  const fed = (lr: number) => ldadam({ lr, rank: RANK });
  const unfed = (lr: number) => ldadam({ lr, rank: RANK, errorFeedback: false });
  return [
    {
      id: "error-feedback",
      title: "Error against steps, with and without error feedback",
      xLabel: "steps T",
      symbol: "T",
      yLabel: "mean squared gradient",
      curves: [
        { name: "feedback", predicted: -0.5, measurements: measure(fed) },
        { name: "none", predicted: 0, measurements: measure(unfed) },
        { name: "none, noisier", measurements: measure(unfed, DISTURBANCE) },
        { name: "AdamW", predicted: -0.5, measurements: measure(plain) },
      ],
      otherwise:
        "The shortest runs are too short for the signal to have been fed back more than a few times, so that their errors are larger than the law's.",
    },
  ];
}

export const errorFeedback: Study<Size> = {
  id: "error-feedback",
  title: "LDAdam: with and without error feedback",
  about: `[arXiv 2410.16103](https://arxiv.org/abs/2410.16103) proves that LDAdam, whose moments live in a subspace of few dimensions,
converges all the same: what the subspace loses is fed back into the next gradient. Tried is whether its mean squared gradient is
O(1/√T) with learning rates ∝ 1/√T, as Adam's, and what happens without feedback, of which nothing is proved.

At rank ${RANK} on a quadratic of ${ROWS} × ${COLUMNS} weights the projection is made to lose all that matters: ${NOISE.rows} × ${NOISE.columns} weights start at their best
values and have normal noise of deviation ${NOISE.deviation}; weights that share no row or column with those have the signal, and no noise. The
${RANK} largest directions of a gradient are then always noise, and without feedback the error should stay where it is: slope 0. For *none,
noisier* all weights have noise of deviation ${DISTURBANCE}, too, which turns the subspace, so that some of the signal gets through.`,
  full: { steps: [512, 1024, 2048, 4096, 8192, 16384, 32768], seeds: 5 },
  run,
};
