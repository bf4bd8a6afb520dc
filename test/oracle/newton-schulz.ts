import { combine, frobeniusNorm, type Matrix, matrix, multiply, svd, transpose } from "./matrix.js";

/** What csrc/math/newton-schulz.h iterates, in float64 and with the product formed as it is written. */
export type Schedule = "muon" | "polarExpress" | "exact";

/** Amsel et al. 2025 (arXiv 2505.16932), for singular values from 1e-3 on, before their margin. */
const polarExpress = [
  [8.28721201814563, -23.595886519098837, 17.300387312530933],
  [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
  [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
  [3.3184196573706015, -2.488488024314874, 0.51004894012372],
  [2.300652019954817, -1.6689039845747493, 0.4188073119525673],
  [1.891301407787398, -1.2679958271945868, 0.37680408948524835],
  [1.8750014808534479, -1.2500016453999487, 0.3750001645474248],
].map(([a, b, c]) => [a / 1.01, b / 1.01 ** 3, c / 1.01 ** 5]);

function coefficients(schedule: "muon" | "polarExpress", step: number): readonly number[] {
  if (schedule === "muon") return [3.4445, -4.775, 2.0315];
  return polarExpress[step] ?? [1.875, -1.25, 0.375];
}

export interface FactorOptions {
  readonly schedule: Schedule;
  readonly steps: number;
  readonly eps: number;
  /** What every product is rounded to; default: not at all. */
  readonly round?: (value: number) => number;
}

/** X ← a·X + (b·A + c·A²)·X, A = X·Xᵀ, from X = N / max(‖N‖, eps). `exact`: the polar factor U·Vᵀ. */
export function orthogonalFactor(n: Matrix, options: FactorOptions): Matrix {
  const { schedule, steps, eps, round = (value: number) => value } = options;
  if (schedule === "exact") return polarFactor(n);
  const rounded = (a: Matrix) => matrix(a.rows, a.cols, a.data.map(round));
  const narrow = rounded(n);
  const norm = round(Math.max(frobeniusNorm(narrow), eps));
  let x = rounded(
    matrix(
      n.rows,
      n.cols,
      narrow.data.map((value) => value / norm),
    ),
  );
  for (let step = 0; step < steps; step++) {
    const [a, b, c] = coefficients(schedule, step);
    const gram = rounded(multiply(x, transpose(x)));
    const polynomial = rounded(combine(b, gram, c, multiply(gram, gram)));
    x = rounded(combine(a, x, 1, multiply(polynomial, x)));
  }
  return x;
}

/** Zero for a matrix of zeros. */
function polarFactor(n: Matrix): Matrix {
  if (frobeniusNorm(n) === 0) return matrix(n.rows, n.cols);
  const { u, v } = svd(n);
  return multiply(u, transpose(v));
}
