/** SGD with Subspace-Momentum: how its error falls with steps, and that rank does not matter to that. */

import { addNormal, seededRandom } from "../../examples/language-model/random.js";
import { type Recipe, sgd, sgdSM } from "../../lib/index.js";
import { saturating, shuffled, spreadQuadratic } from "./landscape.js";
import { type Measured, type PlotOf, type Study, seedsOf } from "./study.js";
import { meanSquaredGradients } from "./trial.js";

interface Size {
  /** Lengths of runs under noise: each has a learning rate of its own. */
  readonly steps: readonly number[];
  /** Steps of one run without noise at which its error is taken. */
  readonly noiseless: readonly number[];
  readonly ranks: readonly number[];
  readonly seeds: number;
}

/** Rows and columns of the weight. */
const SIDE = 32;
const DEVIATION = 0.1;
/** The learning rate of T steps under noise is this / √T. */
const LEARNING_RATE = 4;

interface Method {
  readonly name: string;
  readonly recipe: (lr: number) => Recipe;
}

const subspace = (rank: number) => (lr: number) => sgdSM({ lr, rank });

const methods: readonly Method[] = [
  { name: "SGD", recipe: (lr) => sgd({ lr }) },
  { name: "rank 4", recipe: subspace(4) },
  { name: "rank 16", recipe: subspace(16) },
  { name: "momentum", recipe: (lr) => sgd({ lr, momentum: 0.9, dampening: 0.9 }) },
];

function underNoise(recipe: Method["recipe"], steps: number, seeds: number): number[] {
  return seedsOf(seeds).map((seed) => {
    const random = seededRandom(seed, 1);
    const [error] = meanSquaredGradients({
      landscape: spreadQuadratic(SIDE ** 2, 20, shuffled(SIDE ** 2, seed)),
      shape: [SIDE, SIDE],
      recipe: recipe(LEARNING_RATE / Math.sqrt(steps)),
      disturb: (gradient) => addNormal(random, gradient, DEVIATION),
      checkpoints: [steps],
    });
    return error as number;
  });
}

function withoutNoise(
  recipe: Method["recipe"],
  checkpoints: readonly number[],
): Measured["measurements"] {
  const errors = meanSquaredGradients({
    landscape: saturating(SIDE ** 2, 1.5),
    shape: [SIDE, SIDE],
    recipe: recipe(0.5),
    disturb: () => {},
    checkpoints,
  });
  return errors.map((error, i) => ({ x: checkpoints[i] as number, values: [error] }));
}

function run({ steps, noiseless, ranks, seeds }: Size): PlotOf<Measured>[] {
  const bySteps = { xLabel: "steps T", symbol: "T", yLabel: "mean squared gradient" };
  const middle = steps[Math.floor(steps.length / 2)] as number;
  return [
    {
      ...bySteps,
      id: "subspace-momentum",
      title: "Error against steps under noise",
      curves: methods.map(({ name, recipe }) => ({
        name,
        predicted: -0.5,
        measurements: steps.map((x) => ({ x, values: underNoise(recipe, x, seeds) })),
      })),
    },
    {
      ...bySteps,
      id: "subspace-momentum-noiseless",
      title: "Error against steps without noise",
      curves: methods.map(({ name, recipe }) => ({
        name,
        predicted: -1,
        measurements: withoutNoise(recipe, noiseless),
      })),
    },
    {
      id: "subspace-momentum-rank",
      title: `Error against rank, ${middle} steps under noise`,
      xLabel: "rank r",
      symbol: "r",
      yLabel: "mean squared gradient",
      curves: [
        {
          name: "rank r",
          predicted: 0,
          measurements: ranks.map((x) => ({ x, values: underNoise(subspace(x), middle, seeds) })),
        },
      ],
    },
  ];
}

export const subspaceMomentum: Study<Size> = {
  id: "subspace-momentum",
  title: "Subspace-Momentum: its rate, and the rank",
  about: `[arXiv 2411.07120](https://arxiv.org/abs/2411.07120) proves rates for SGD with momentum in a subspace and plain steps in its
complement. Tried is whether they are SGD's, whose mean squared gradient is O(1/T + σ/√T): 1/√T under noise, with learning rates ∝ 1/√T,
and 1/T without, with a constant one; the rank is not in it.

The weights are ${SIDE} × ${SIDE} and \`sgdSM\` is as it comes (a new basis every 200 steps): under noise of deviation ${DEVIATION} on a quadratic with
curvatures over four decades; without noise on f(x) = ½·Σ h_i·ln(1 + x_i²), h_i = i^(−3/2), which is not convex where it starts.
*Momentum* is that of all weights, an average as Subspace-Momentum's: its steps are no larger than SGD's, and it should be no faster.`,
  full: {
    steps: [256, 512, 1024, 2048, 4096, 8192, 16384],
    noiseless: [64, 128, 256, 512, 1024, 2048, 4096],
    ranks: [1, 2, 4, 8, 16],
    seeds: 5,
  },
  run,
};
