import { orthonormalized } from "./gaussian-basis.js";
import { type Matrix, matrix } from "./matrix.js";
import { type RandomKey, randomBits } from "./random-stream.js";
import { uniformLines } from "./uniform-lines.js";

/** The Kronecker product. */
function kronecker(a: Matrix, b: Matrix): Matrix {
  const cols = a.cols * b.cols;
  const result = matrix(a.rows * b.rows, cols);
  for (let i = 0; i < result.rows; i++) {
    for (let j = 0; j < cols; j++) {
      const outer = a.data[Math.floor(i / b.rows) * a.cols + Math.floor(j / b.cols)];
      result.data[i * cols + j] = outer * b.data[(i % b.rows) * b.cols + (j % b.cols)];
    }
  }
  return result;
}

/** The matrix bordered by ones, with `first` below the corner: [0 1ᵀ; first χ(i − j)], χ mod q. */
function bordered(q: number, first: 1 | -1): Matrix {
  const squares = new Set(Array.from({ length: q - 1 }, (_, i) => (i + 1) ** 2 % q));
  const character = (x: number) => (x === 0 ? 0 : squares.has(x) ? 1 : -1);
  const n = q + 1;
  const entry = (i: number, j: number) => {
    if (i === 0) return j === 0 ? 0 : 1;
    return j === 0 ? first : character((i - j + q) % q);
  };
  return matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, (_, k) => entry(Math.floor(k / n), k % n)),
  );
}

function sum(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((x, i) => x + b.data[i]),
  );
}

function unit(n: number): Matrix {
  return matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0)),
  );
}

const sylvester = matrix(2, 2, [1, 1, 1, -1]);

/** Paley's constructions (1933). */
const cores: Readonly<Record<number, () => Matrix>> = {
  1: () => matrix(1, 1, [1]),
  12: () => sum(unit(12), bordered(11, -1)),
  20: () => sum(unit(20), bordered(19, -1)),
  28: () =>
    sum(kronecker(bordered(13, 1), sylvester), kronecker(unit(14), matrix(2, 2, [1, -1, -1, -1]))),
};

/** The smallest Hadamard matrix with at least n rows of the orders 2^p, 12·2^p, 20·2^p and 28·2^p. */
export function hadamard(n: number): Matrix {
  const found = Object.keys(cores).map((core) => {
    const doublings = Math.max(0, Math.ceil(Math.log2(n / Number(core))));
    return { core: Number(core), doublings, order: Number(core) * 2 ** doublings };
  });
  const [{ core, doublings }] = found.sort((a, b) => a.order - b.order);
  let result = cores[core]();
  for (let i = 0; i < doublings; i++) result = kronecker(result, sylvester);
  return result;
}

/** D·Hᵀ·Sᵀ / √n, the first `dimension` rows of it: before it is orthonormalized where n is more. */
export function srhtColumns(dimension: number, rank: number, key: RandomKey): Matrix {
  const h = hadamard(dimension);
  const rows = uniformLines(h.rows, rank, key);
  const signs = randomBits(h.rows + dimension, key).slice(h.rows);
  const result = matrix(dimension, rank);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < rank; j++) {
      const sign = signs[i] % 2n === 1n ? -1 : 1;
      result.data[i * rank + j] = (sign * h.data[rows[j] * h.cols + i]) / Math.sqrt(h.rows);
    }
  }
  return result;
}

export function srhtBasis(dimension: number, rank: number, key: RandomKey): Matrix {
  const columns = srhtColumns(dimension, rank, key);
  return hadamard(dimension).rows === dimension ? columns : orthonormalized(columns);
}
