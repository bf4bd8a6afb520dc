/** Walks an optimizer of orthogonal steps beside its oracle. */
import { Optimizer, type Recipe } from "lean-optim";
import { Mirrored } from "../../lib/cli/verify/mirrored.js";
import type { Schedule } from "../oracle/newton-schulz.js";
import { orthogonalStep } from "../oracle/orthogonal-step.js";
import { gaussians } from "../oracle/random.js";
import { neutralScalars } from "../oracle/step-scalars.js";

export interface OrthogonalSettings {
  readonly lr: number;
  readonly weightDecay: number;
  readonly beta: number;
  readonly nesterov: boolean;
  readonly schedule: Schedule;
  readonly steps: number;
  readonly shapeScale: (rows: number, cols: number) => number;
  /** v₀, of AdaGO. */
  readonly initial?: number;
  readonly maxNorm?: number;
  readonly leastStep?: number;
}

const STEPS = 5;
const shapes: readonly (readonly [number, number])[] = [
  [24, 10],
  [9, 31],
  [12, 12],
];

/** The largest distance of a weight from the oracle's after any step, over the learning rate. */
export function worstOf(recipe: Recipe, settings: OrthogonalSettings, device: string): number {
  const { lr, weightDecay, beta, nesterov, initial, schedule, steps } = settings;
  const { maxNorm = 0, leastStep = 0 } = settings;
  let worst = 0;
  for (const shape of shapes) {
    const [rows, cols] = shape;
    const count = rows * cols;
    const start = Float32Array.from(gaussians(count, rows));
    using weight = new Mirrored<Float32Array>(device, start.slice());
    using grad = new Mirrored<Float32Array>(device, start.slice());
    const handles = { data: weight.handle, grad: grad.handle };
    const params = [{ name: "w", ...handles, shape, dtype: "float32" as const }];
    using optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
    let param = Float64Array.from(start);
    let momentum: ArrayLike<number> = new Float64Array(count);
    let accumulator = initial === undefined ? null : initial ** 2;
    for (let t = 1; t <= STEPS; t++) {
      const g = Float32Array.from(gaussians(count, 100 * t + rows));
      grad.set(g);
      optimizer.step();
      optimizer.synchronize();
      const after = orthogonalStep(
        {
          ...{ shape, param, grad: g, momentum, accumulator, schedule, steps, maxNorm, leastStep },
          eps: 1e-7,
          shapeScale: settings.shapeScale(rows, cols),
        },
        {
          ...neutralScalars,
          mDecay: beta,
          mGain: 1 - beta,
          mScale: nesterov ? beta : 1,
          nGrad: nesterov ? 1 - beta : 0,
          stepSize: lr,
          decayBefore: 1 - lr * weightDecay,
        },
      );
      param = Float64Array.from(after.param);
      momentum = after.momentum ?? momentum;
      accumulator = after.secondMoment?.[0] ?? null;
      weight.refresh().forEach((w, i) => {
        worst = Math.max(worst, Math.abs(w - param[i]) / lr);
      });
    }
  }
  return worst;
}
