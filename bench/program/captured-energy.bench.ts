/** What each projector keeps of a gradient's energy, over the most that any subspace of its rank could. */

import { spectrumOf } from "../../lib/advice/spectrum.js";
import { Optimizer, type ProjectorKind, projectors, sgdSM } from "../../lib/index.js";
import { gaussians } from "../../test/oracle/random.js";
import { type Fact, fact } from "../support/result.js";

const [ROWS, COLUMNS, RANK] = [2048, 768, 192];
const shape = [ROWS, COLUMNS];

function squares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return sum;
}

/** Orthonormal vectors, by Gram-Schmidt twice over. */
function orthonormal(length: number, count: number, seed: number): Float64Array[] {
  const noise = gaussians(length * count, seed);
  const found: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const vector = noise.slice(k * length, (k + 1) * length);
    for (const other of [...found, ...found]) {
      let along = 0;
      for (let i = 0; i < length; i++) along += vector[i] * other[i];
      for (let i = 0; i < length; i++) vector[i] -= along * other[i];
    }
    const size = Math.sqrt(squares(vector));
    found.push(vector.map((x) => x / size));
  }
  return found;
}

/** Singular values k^−decay along random directions. */
function signal(left: Float64Array[], right: Float64Array[], decay: number): Float64Array {
  const values = new Float64Array(ROWS * COLUMNS);
  for (const [k, u] of left.entries()) {
    const v = right[k].map((x) => x * (k + 1) ** -decay);
    for (let i = 0; i < ROWS; i++) {
      for (let j = 0; j < COLUMNS; j++) values[i * COLUMNS + j] += u[i] * v[j];
    }
  }
  return values;
}

/** With noise of half its norm on top. */
function noisy(values: Float64Array, seed: number): Float32Array {
  const noise = gaussians(values.length, seed);
  const size = 0.5 * Math.sqrt(squares(values) / values.length);
  return Float32Array.from(values, (x, i) => x + size * noise[i]);
}

interface Choice {
  readonly projector: ProjectorKind;
  readonly side: "std" | "reverse";
}

/** The share of `moved` in the subspace, refreshed on it or still that of `old`. */
function kept({ projector, side }: Choice, gap: number, old: Float32Array, moved: Float32Array) {
  const options = { lr: 0, betas: [0, 0], rank: RANK, projector, side, refreshOffset: 0 } as const;
  const params = [{ name: "w", data: new Float32Array(old.length), shape, grad: old }];
  using optimizer = new Optimizer([
    { params, optimizer: sgdSM({ ...options, updateProjGap: gap }) },
  ]);
  optimizer.step();
  optimizer.step({ grads: { w: moved } });
  // Momentum without memory is the projection itself.
  return squares(optimizer.stateDict()["w.exp_avg"].data as Float32Array) / squares(moved);
}

export async function facts(suite: string): Promise<Fact[]> {
  const bases = [1, 5].map((seed) => [
    orthonormal(ROWS, COLUMNS, seed),
    orthonormal(COLUMNS, COLUMNS, seed + 1),
  ]);
  const kinds = (Object.keys(projectors) as ProjectorKind[]).filter((kind) => kind !== "given");
  const choices = kinds.flatMap((projector): Choice[] => {
    const sides = projectors[projector]().lines
      ? (["std", "reverse"] as const)
      : (["std"] as const);
    return sides.map((side) => ({ projector, side }));
  });
  return [0.3, 0.6, 1].flatMap((decay) => {
    const [before, after] = bases.map(([left, right]) => signal(left, right, decay));
    const old = noisy(before, 7);
    const moved = noisy(
      before.map((x, i) => 0.8 * x + 0.6 * after[i]),
      8,
    );
    const { directions } = spectrumOf("w", { data: moved, shape });
    const optimum = directions.slice(0, RANK).reduce((sum, share) => sum + share, 0);
    return choices.map((choice) => {
      const [fresh, stale] = [1, 1e6].map((gap) => kept(choice, gap, old, moved) / optimum);
      return fact({
        suite,
        name: `${choice.projector}, ${choice.side}, σ = i^−${decay}: energy kept, over the optimum`,
        value: fresh,
        unit: "",
        note: `${stale.toFixed(3)} with the basis of the old gradient; the optimum is ${optimum.toFixed(3)} of all`,
      });
    });
  });
}
