/** Gradients of a given spectrum, of any size that is a power of two, without a factorization. */

import { gaussians, uniforms } from "../../test/oracle/random.js";

/** A prime beyond the sizes: noise repeats itself, and no two rows or columns do. */
const period = 1_299_709;

/** x becomes H·x / √n in place, H the Walsh–Hadamard matrix: orthonormal, every entry ±1/√n. */
function hadamard(x: Float64Array, scale: number): void {
  for (let half = 1; half < x.length; half *= 2) {
    for (let start = 0; start < x.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [a, b] = [x[i] as number, x[i + half] as number];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) * scale;
}

function signs(n: number, seed: number): Float64Array {
  return uniforms(n, seed).map((u) => (u < 0.5 ? -1 : 1));
}

/**
 * G = U·diag(i^−decay)·Vᵀ + E, n × n and row-major, with U and V orthonormal (twice a Walsh–Hadamard
 * transform and random signs) and E Gaussian with a norm of `noise` times that of the rest.
 */
export function powerLawGradient(
  n: number,
  { decay = 0.6, noise = 0.5, seed = 1 } = {},
): Float32Array {
  if (n < 1 || (n & (n - 1)) !== 0) throw new RangeError(`${n} is no power of two`);
  const scale = 1 / Math.sqrt(n);
  const all = new Float64Array(n * n);
  let energy = 0;
  for (let i = 0; i < n; i++) {
    const value = (i + 1) ** -decay;
    all[i * n + i] = value;
    energy += value * value;
  }
  /** Rows of `all` become (signs, H, signs, H) of themselves. */
  const mixRows = (first: Float64Array, second: Float64Array) => {
    for (let row = 0; row < n; row++) {
      const x = all.subarray(row * n, (row + 1) * n);
      for (const sign of [first, second]) {
        for (let i = 0; i < n; i++) x[i] = (x[i] as number) * (sign[i] as number);
        hadamard(x, scale);
      }
    }
  };
  mixRows(signs(n, seed), signs(n, seed + 1));
  transpose(all, n);
  mixRows(signs(n, seed + 2), signs(n, seed + 3));
  const stream = gaussians(Math.min(period, n * n), seed + 4);
  const amplitude = (noise * Math.sqrt(energy)) / n;
  return Float32Array.from(all, (x, i) => x + amplitude * (stream[i % stream.length] as number));
}

function transpose(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      [a[i * n + j], a[j * n + i]] = [a[j * n + i] as number, a[i * n + j] as number];
    }
  }
}
