/** What projectors keep of a gradient of a layer's size, over the most that any basis could. */
import { type ProjectorOption, projectors } from "lean-optim";
import { symmetricEigenvalues } from "../oracle/eigenvalues.js";
import { frobeniusNorm, type Matrix, matrix, multiply, transpose } from "../oracle/matrix.js";
import { orthonormalityDefect } from "../oracle/orthonormal.js";
import { gaussians, uniforms } from "../oracle/random.js";
import { hadamard } from "../oracle/srht-basis.js";
import { basisOf, subspaceOptimizer } from "../support/bases.js";
import { decayingMatrix } from "../support/gradients.js";

const [rows, cols, rank] = [768, 2048, 192];

/** The numbers below `count` in a random order. */
function shuffled(count: number, seed: number): number[] {
  const keys = uniforms(count, seed);
  return Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (keys[a] as number) - (keys[b] as number),
  );
}

const signs = (count: number, seed: number) => uniforms(count, seed).map((x) => (x < 0.5 ? -1 : 1));

/** Orthonormal columns: random rows of a Hadamard matrix, with random signs. */
function mixing(order: number, columns: number, seed: number): Matrix {
  const h = hadamard(order);
  const flips = signs(order, seed + 1);
  const chosen = shuffled(order, seed);
  const result = matrix(order, columns);
  for (let i = 0; i < order; i++) {
    const size = (flips[i] as number) / Math.sqrt(order);
    for (let j = 0; j < columns; j++) {
      result.data[i * columns + j] = size * (h.data[(chosen[j] as number) * order + i] as number);
    }
  }
  return result;
}

const left = mixing(rows, rows, 1);
const right = transpose(mixing(cols, rows, 3));

/** Singular values i^−decay. */
function signalOf(decay: number): Matrix {
  const scaled = left.data.map((x, k) => x * ((k % rows) + 1) ** -decay);
  return multiply(matrix(rows, rows, scaled), right);
}

/** The same with other singular vectors: rows and columns in another order, with other signs. */
function turned({ data }: Matrix): Matrix {
  const [up, along] = [shuffled(rows, 5), shuffled(cols, 6)];
  const [rowSigns, colSigns] = [signs(rows, 7), signs(cols, 8)];
  const result = matrix(rows, cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const sign = (rowSigns[i] as number) * (colSigns[j] as number);
      result.data[i * cols + j] =
        sign * (data[(up[i] as number) * cols + (along[j] as number)] as number);
    }
  }
  return result;
}

/** With noise of half its size on top. */
function noisy(signal: Matrix, seed: number): Matrix {
  const noise = gaussians(rows * cols, seed);
  const size = (0.5 * frobeniusNorm(signal)) / Math.sqrt(rows * cols);
  return matrix(
    rows,
    cols,
    signal.data.map((x, i) => x + size * (noise[i] as number)),
  );
}

const toFloat = ({ data }: Matrix) => Float32Array.from(data);

/** The basis of the old gradient, and then that of one which has moved from it. */
function refreshed(projector: ProjectorOption, old: Matrix, moved: Matrix): Matrix {
  const options = { rank, projector, updateProjGap: 1 };
  const optimizer = subspaceOptimizer([rows, cols], options, { grad: toFloat(old) });
  optimizer.step();
  optimizer.step({ grads: { w: toFloat(moved) } });
  const basis = basisOf(optimizer);
  optimizer.dispose();
  return basis;
}

describe.each([
  [0.3, { powerIteration: 0.95 }],
  [0.6, { powerIteration: 0.98 }],
  [1, { powerIteration: 0.985, randomizedSvd: 0.95 }],
])("singular values i^−%d, noise 0.5, moved to 0.8·old + 0.6·new", (decay, least) => {
  const signal = signalOf(decay);
  const [old, fresh] = [noisy(signal, 11), noisy(turned(signal), 12)];
  const moved = matrix(
    rows,
    cols,
    old.data.map((x, i) => 0.8 * x + 0.6 * (fresh.data[i] as number)),
  );
  const values = symmetricEigenvalues(multiply(moved, transpose(moved)));
  const optimum = values.slice(0, rank).reduce((sum, value) => sum + value, 0);

  test.each(Object.entries({ ...least, svd: 0.9999 }))("%s keeps at least %d", (name, share) => {
    const projector = {
      powerIteration: projectors.powerIteration({ warmPasses: 2 }),
      randomizedSvd: projectors.randomizedSvd({ powerPasses: 1 }),
      svd: projectors.svd(),
    }[name] as ProjectorOption;
    const basis = refreshed(projector, old, moved);
    const captured = frobeniusNorm(multiply(transpose(basis), moved)) ** 2 / optimum;
    expect(captured).toBeGreaterThan(share);
    expect(captured).toBeLessThan(1 + 1e-5);
    expect(orthonormalityDefect(basis)).toBeLessThan(1e-4);
  });
});

test.each([
  ["powerIteration", 2e4],
  ["powerIteration", 3e6],
  ["randomizedSvd", 2e4],
  ["randomizedSvd", 3e6],
  ["svd", 2e4],
  ["svd", 3e6],
] as const)(
  "%s is orthonormal where the gradient's condition number is %d",
  (projector, condition) => {
    const gradient = decayingMatrix(200, 120, condition ** (-1 / 119), 1);
    const options = { rank: 119, projector, updateProjGap: 1 } as const;
    const optimizer = subspaceOptimizer([200, 120], options, { grad: toFloat(gradient) });
    for (let step = 0; step < 3; step++) {
      optimizer.step();
      expect(orthonormalityDefect(basisOf(optimizer))).toBeLessThan(1e-4);
    }
  },
);
