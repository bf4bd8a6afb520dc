/** AdAdaGrad: steps and samples that batches take which grow with the noise, and which do not. */

import { addNormal, seededRandom } from "../../examples/language-model/random.js";
import { AdaptiveBatch, adagradNorm, Optimizer } from "../../lib/index.js";
import { saturating } from "./landscape.js";
import { geometricMean, sum } from "./slope.js";
import { type Measured, type PlotOf, type Study, seedsOf } from "./study.js";

interface Size {
  readonly dimension: number;
  /** With growing batches, and with fixed ones. */
  readonly steps: number;
  readonly fixedSteps: number;
  readonly seeds: number;
}

/** Curvatures i^−POWER: ‖∇f‖² falls like S^(1/POWER − 2) with the sum S of step sizes. */
const POWER = 1.5;
const LEARNING_RATE = 2;
/** Of one sample's gradient, summed over coordinates. */
const VARIANCE = 1;
const MICRO_BATCH = 2;
const BATCH = 4;
const LARGEST = 1 << 16;
const ETA = 0.7;
/** Slopes are of what comes after the first steps, in which the batch grows to what it should be. */
const FROM = 64;

interface Checkpoint {
  readonly step: number;
  readonly samples: number;
  readonly meanSquare: number;
}

/** 1, 2, 3, 4, 6, 8, 11, …: two to an octave. */
const checkpointSteps = new Set(Array.from({ length: 40 }, (_, i) => Math.round(2 ** (i / 2))));

/** A run of AdaGrad-Norm, whose batches grow up to `maxBatchSize`. */
function train(dimension: number, steps: number, maxBatchSize: number, seed: number): Checkpoint[] {
  const landscape = saturating(dimension, POWER);
  const { curvature } = landscape;
  const total = sum([...curvature]);
  const deviation = curvature.map((h) => Math.sqrt((VARIANCE / MICRO_BATCH) * (h / total)));
  const random = seededRandom(seed, 1);
  const x = landscape.start.slice();
  const gradient = new Float32Array(dimension);
  const noisy = new Float32Array(dimension);
  const params = [{ name: "x", data: x }];
  const optimizer = new Optimizer([{ params, optimizer: adagradNorm({ lr: LEARNING_RATE }) }]);
  const test = { kind: "norm", eta: ETA } as const;
  const options = { batchSize: BATCH, microBatch: MICRO_BATCH, maxBatchSize, test };
  const batch = new AdaptiveBatch(optimizer, options);
  const checkpoints: Checkpoint[] = [];
  let squares = 0;
  for (let step = 1; step <= steps; step++) {
    const plan = batch.next();
    squares += landscape.gradient(x, gradient);
    if (checkpointSteps.has(step)) {
      checkpoints.push({ step, samples: plan.samples, meanSquare: squares / step });
    }
    for (let i = 0; i < plan.accumulation; i++) {
      addNormal(random, noisy.fill(0), 1);
      for (let j = 0; j < dimension; j++) {
        noisy[j] = (gradient[j] as number) + (deviation[j] as number) * (noisy[j] as number);
      }
      batch.add({ x: noisy });
    }
    batch.step();
  }
  batch.dispose();
  optimizer.dispose();
  return checkpoints;
}

/** The runs of all seeds as one curve; where x is what chance decides, at its geometric middle. */
function curve(
  runs: readonly (readonly Checkpoint[])[],
  x: (checkpoint: Checkpoint) => number,
): Pick<Measured, "measurements"> {
  const [first = []] = runs;
  return {
    measurements: first.map((_, i) => {
      const at = runs.map((run) => run[i] as Checkpoint);
      return {
        x: Math.round(geometricMean(at.map(x))),
        values: at.map(({ meanSquare }) => meanSquare),
      };
    }),
  };
}

function run({ dimension, steps, fixedSteps, seeds }: Size): PlotOf<Measured>[] {
  const growing = seedsOf(seeds).map((seed) => train(dimension, steps, LARGEST, seed));
  const fixed = seedsOf(seeds).map((seed) => train(dimension, fixedSteps, BATCH, seed));
  const bySteps = ({ step }: Checkpoint) => step;
  const bySamples = ({ samples }: Checkpoint) => samples;
  const samplesAt = (runs: readonly (readonly Checkpoint[])[]) =>
    Math.min(...runs.map((run) => run.find(({ step }) => step >= FROM)?.samples ?? 0));
  return [
    {
      id: "adaptive-batch",
      title: "Error against steps, with growing and with fixed batches",
      xLabel: "steps K",
      symbol: "K",
      yLabel: "mean squared gradient",
      curves: [
        { name: "growing", predicted: -1, from: FROM, ...curve(growing, bySteps) },
        { name: "fixed at 4", predicted: -0.5, from: FROM, ...curve(fixed, bySteps) },
      ],
      otherwise:
        "The mean still contains the first steps, and its sum, which is to be bounded, grows a little until the last.",
    },
    {
      id: "adaptive-batch-samples",
      title: "The same runs against the samples that they took",
      xLabel: "samples N",
      symbol: "N",
      yLabel: "mean squared gradient",
      curves: [
        {
          name: "growing",
          predicted: -3 / 7,
          from: samplesAt(growing),
          ...curve(growing, bySamples),
        },
        { name: "fixed at 4", predicted: -0.5, from: samplesAt(fixed), ...curve(fixed, bySamples) },
      ],
      otherwise:
        "The mean still contains the first steps, and its sum, which is to be bounded, grows a little until the last.",
    },
  ];
}

export const adaptiveBatch: Study<Size> = {
  id: "adaptive-batch",
  title: "AdAdaGrad: batches that grow with the noise",
  about: `[arXiv 2402.11215](https://arxiv.org/abs/2402.11215) proves that AdaGrad-Norm with batches grown by the norm test reaches a mean
squared gradient of O(1/K) in K steps on smooth functions, convex or not. With a fixed batch the noise leaves O(1/√K). Tried with
\`AdaptiveBatch\` as it comes (test "norm", eta ${ETA}, decisions one step late) on f(x) = ½·Σ h_i·ln(1 + x_i²), h_i = i^(−3/2), which is not
convex where it starts, and normal noise with a covariance ∝ h and variance ${VARIANCE} a sample; micro-batches of ${MICRO_BATCH}, batches from ${BATCH}.

What it costs: the batch grows like 1 / ‖∇f(x_K)‖², here K^(4/3), so that K steps take N ∝ K^(7/3) samples, and the error falls like
N^(−3/7), where a fixed batch has N^(−1/2). Growing batches buy fewer and larger steps, which run in parallel; they do not buy samples.`,
  full: { dimension: 64, steps: 512, fixedSteps: 65536, seeds: 5 },
  run,
};
