/** How the energy of a layer's gradient is spread: over singular directions, rows and columns. */
import { LeanError } from "../errors.js";
import { Optimizer } from "../optimizer.js";
import { svd } from "../parts/projector/svd.js";
import type { Recipe } from "../recipe.js";
import { rmspropSN } from "../recipes/rmsprop-sn.js";
import { sgdSM } from "../recipes/sgd-sm.js";
import type { WeightArray, WeightDType } from "../tensor.js";

/** One layer's gradient. */
export interface Gradient {
  readonly data: WeightArray;
  readonly shape: readonly number[];
  /** Needed where `data` is a Uint16Array. */
  readonly dtype?: WeightDType;
}

/** Shares of a gradient's energy ‖G‖², each list falling. */
export interface Spectrum {
  /** ‖G‖². */
  readonly total: number;
  /** σ_i² / ‖G‖² of the leading directions. */
  readonly directions: Float64Array;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/**
 * The spectrum of a gradient, from what the library's own steps keep: momentum without memory in the
 * exact subspace is R = proj(G), whose lines' norms are singular values; second moments without
 * memory are the lines' energies.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG where it is not finite; ERR_LEAN_SHAPE, ERR_LEAN_DTYPE
 */
export function spectrumOf(name: string, gradient: Gradient): Spectrum {
  const rows = energies(name, gradient, "row");
  const total = rows.reduce((sum, x) => sum + x, 0);
  if (!Number.isFinite(total)) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `${name}: its gradient is not finite`, {
      parameter: name,
    });
  }
  const share = (energy: Float64Array) =>
    energy.map((x) => (total === 0 ? 0 : x / total)).sort((a, b) => b - a);
  return {
    total,
    directions: share(singularEnergies(name, gradient, total)),
    rows: share(rows),
    columns: share(energies(name, gradient, "column")),
  };
}

function energies(name: string, gradient: Gradient, partition: "row" | "column"): Float64Array {
  const recipe = rmspropSN({ lr: 0, betas: [0, 0], partition, biasCorrection: false });
  return Float64Array.from(keptOf(name, gradient, recipe, "exp_avg_sq"));
}

/** σ_i², all of them: what the last direction has is the rest. */
function singularEnergies(name: string, gradient: Gradient, total: number): Float64Array {
  const [rows = 0, ...others] = gradient.shape;
  const cols = others.reduce((product, extent) => product * extent, 1);
  const all = Math.min(rows, cols);
  if (all < 2 || total === 0) return Float64Array.from({ length: all }, () => total);
  const rank = all - 1;
  const recipe = sgdSM({ lr: 0, betas: [0, 0], rank, projector: svd(), stateDtype: "float32" });
  const projected = keptOf(name, gradient, recipe, "exp_avg");
  const squares = new Float64Array(all);
  const isRight = rows >= cols;
  for (const [i, x] of projected.entries()) {
    const direction = isRight ? i % rank : Math.floor(i / (projected.length / rank));
    squares[direction] += x ** 2;
  }
  const found = squares.reduce((sum, x) => sum + x, 0);
  squares[rank] = Math.max(0, total - found);
  return squares;
}

/** A state tensor after one step of a recipe, which leaves weights as they are. */
function keptOf(name: string, gradient: Gradient, recipe: Recipe, key: string): Float32Array {
  const { data: grad, shape, dtype } = gradient;
  const data = grad.slice().fill(0);
  using optimizer = new Optimizer([
    { params: [{ name, data, shape: [...shape], dtype, grad }], optimizer: recipe },
  ]);
  optimizer.step();
  return optimizer.stateDict()[`${name}.${key}`]?.data as Float32Array;
}

/**
 * What is assumed of a gradient that nobody has: σ_i² falling as i^(−2·decay), with noise of so large
 * a share of the norm spread over all directions alike; rows and columns alike. The defaults are the
 * middle one of the spectra that this library's projectors are tested on.
 */
export interface SpectralPrior {
  /** Default 0.6. */
  readonly decay?: number;
  /** Of the noise's norm, over the signal's. Default 0.5. */
  readonly noise?: number;
}

export function assumedSpectrum(rows: number, cols: number, prior: SpectralPrior): Spectrum {
  const { decay = 0.6, noise = 0.5 } = prior;
  const all = Math.min(rows, cols);
  const signal = Float64Array.from({ length: all }, (_, i) => (i + 1) ** (-2 * decay));
  const whole = signal.reduce((sum, x) => sum + x, 0);
  const clean = 1 / (1 + noise ** 2);
  return {
    total: 1,
    directions: signal.map((x) => (clean * x) / whole + (1 - clean) / all),
    rows: new Float64Array(rows).fill(1 / rows),
    columns: new Float64Array(cols).fill(1 / cols),
  };
}
