/** How AdaGrad's error grows with the dimension, by how many coordinates share a step size. */

import { addNormal, seededRandom } from "../../examples/language-model/random.js";
import { adagrad, adagradNorm, adagradSN, type Recipe } from "../../lib/index.js";
import { shuffled, spreadQuadratic } from "./landscape.js";
import { geometricMean } from "./slope.js";
import { type Measured, type PlotOf, type Study, seedsOf } from "./study.js";
import { meanSquaredGradients } from "./trial.js";

interface Size {
  /** Of a square weight: d is its square. */
  readonly sides: readonly number[];
  readonly steps: number;
  readonly seeds: number;
  /** The same where every learning rate is tried. */
  readonly tuned: {
    readonly sides: readonly number[];
    readonly steps: number;
    readonly seeds: number;
  };
}

interface Method {
  readonly name: string;
  readonly recipe: (lr: number) => Recipe;
  /** Powers of d that errors grow with: at one learning rate; at the best; at the best in quiet. */
  readonly atOne: number;
  readonly atBest: number;
  readonly inQuiet: number;
}

const methods: readonly Method[] = [
  {
    name: "AdaGrad-Norm",
    recipe: (lr) => adagradNorm({ lr }),
    atOne: 1,
    atBest: 0.75,
    inQuiet: 0.5,
  },
  { name: "AdaGrad", recipe: (lr) => adagrad({ lr }), atOne: 1, atBest: 0.75, inQuiet: 0.25 },
  {
    name: "Subset-Norm",
    recipe: (lr) => adagradSN({ lr, partition: "row" }),
    atOne: 0.75,
    atBest: 0.75,
    inQuiet: 0.25,
  },
];

const rates = [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((power) => 2 ** power);

/** Where the noise is: everywhere, or in the first row alone. */
type Noise = "everywhere" | "one row";

interface Run {
  /** Of the square weight. */
  readonly side: number;
  readonly steps: number;
  readonly lr: number;
  readonly seed: number;
  readonly noise: Noise;
}

/** The mean squared gradient of a run in `side`² dimensions, under noise of deviation 1. */
function errorOf({ recipe }: Method, { side, steps, lr, seed, noise }: Run): number {
  const d = side ** 2;
  const noisy = noise === "everywhere" ? d : side;
  const order = noise === "everywhere" ? shuffled(d, seed) : striped(side);
  const random = seededRandom(seed, 1);
  const [error] = meanSquaredGradients({
    landscape: spreadQuadratic(d, side, order),
    shape: [side, side],
    recipe: recipe(lr),
    disturb: (gradient) => addNormal(random, gradient.subarray(0, noisy), 1),
    checkpoints: [steps],
  });
  return error as number;
}

/** 0 … side² − 1, so that every row has curvatures from all over. */
function striped(side: number): Int32Array {
  return Int32Array.from({ length: side ** 2 }, (_, i) => (i % side) * side + Math.floor(i / side));
}

function atOneRate({ sides, steps, seeds }: Size): Measured[] {
  return methods.map((method) => ({
    name: method.name,
    predicted: method.atOne,
    measurements: sides.map((side) => ({
      x: side ** 2,
      values: seedsOf(seeds).map((seed) =>
        errorOf(method, { side, steps, lr: 1, seed, noise: "everywhere" }),
      ),
    })),
  }));
}

function atTheBestRate({ tuned: { sides, steps, seeds } }: Size, noise: Noise): Measured[] {
  return methods.map((method) => ({
    name: method.name,
    predicted: noise === "everywhere" ? method.atBest : method.inQuiet,
    measurements: sides.map((side) => {
      const tried = rates.map((lr) =>
        seedsOf(seeds).map((seed) => errorOf(method, { side, steps, lr, seed, noise })),
      );
      const best = tried.reduce((a, b) => (geometricMean(b) < geometricMean(a) ? b : a));
      return { x: side ** 2, values: best };
    }),
  }));
}

function run(size: Size): PlotOf<Measured>[] {
  const axes = { xLabel: "dimension d", symbol: "d", yLabel: "mean squared gradient" };
  return [
    {
      ...axes,
      id: "dimension",
      title: "Error against dimension, one learning rate for all",
      curves: atOneRate(size),
      otherwise:
        "The first few steps, whose second moments are not yet those of the noise, count most for AdaGrad-Norm in many dimensions.",
    },
    {
      ...axes,
      id: "dimension-tuned",
      title: "Error against dimension, each at its best learning rate",
      curves: atTheBestRate(size, "everywhere"),
      otherwise: "Learning rates were tried by factors of two.",
    },
    {
      ...axes,
      id: "dimension-one-row",
      title: "Error against dimension, noise in one row alone, each at its best learning rate",
      curves: atTheBestRate(size, "one row"),
      otherwise:
        "Rows without noise converge soon, but the fewer steps there are, the more of the mean is theirs.",
    },
  ];
}

export const dimension: Study<Size> = {
  id: "dimension",
  title: "Subset-Norm: how the error grows with the dimension",
  about: `[arXiv 2411.07120](https://arxiv.org/abs/2411.07120) claims a better dependence on the dimension for Subset-Norm than for
AdaGrad-Norm (one step size) and AdaGrad (one for each coordinate), under coordinate-wise sub-Gaussian noise. Tried on a quadratic of
side × side coordinates with curvatures over four decades, f(x₀) − f* = √d, and normal noise of deviation σ = 1 in every coordinate.

When noise dominates, a subset of k coordinates has v ≈ σ²·k·t. Summing the descent lemma over T steps of learning rate η then bounds
the mean of ‖∇f‖² by a multiple of

    (σ / √T) · ( √k · (f(x₀) − f*) / η  +  η · L · d / √k · log T )

At one η for all d this is d for k = d and for k = 1, and d^(3/4) for rows, k = √d. With the best η for each d the two terms are equal
and k drops out: d^(3/4), whatever is shared. So where noise is the same everywhere, sharing step sizes buys a learning rate that
need not be tuned to the dimension, and no more.

Where noise differs, it buys more. With noise in one row alone, AdaGrad-Norm's steps are small everywhere: v ≈ σ²·√d·t, and with the best η
d^(1/2). With a step size for each row, or each coordinate, all other rows converge soon. What is left is the noisy row, with √d coordinates and
its share of f(x₀) − f*, which is 1: d^(1/4).`,
  full: {
    sides: [8, 12, 16, 24, 32, 48, 64],
    steps: 8192,
    seeds: 5,
    tuned: { sides: [8, 16, 32, 64], steps: 4096, seeds: 3 },
  },
  run,
};
