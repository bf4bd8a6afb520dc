import { type Matrix, matrix } from "./matrix.js";

/**
 * The eigenvalues of a symmetric matrix, largest first, for orders at which Jacobi's method would
 * take minutes: Householder's tridiagonal form (Golub & Van Loan, 8.3.1), and bisection by the number
 * of negative pivots of T − x·I (8.4.1).
 */
export function symmetricEigenvalues(a: Matrix): Float64Array {
  const n = a.rows;
  const { diagonal, beside } = tridiagonal(a);
  const radius = diagonal.reduce(
    (most, d, i) => Math.max(most, Math.abs(d) + (beside[i - 1] ?? 0) + (beside[i] ?? 0)),
    0,
  );
  const squares = beside.map((b) => b * b);
  const below = (x: number) => {
    let count = 0;
    let pivot = 1;
    for (let i = 0; i < n; i++) {
      pivot = (diagonal[i] as number) - x - (i > 0 ? (squares[i - 1] as number) / pivot : 0);
      if (pivot === 0) pivot = Number.EPSILON * radius;
      if (pivot < 0) count += 1;
    }
    return count;
  };
  return Float64Array.from({ length: n }, (_, i) => {
    let [low, high] = [-radius, radius];
    while (high - low > 4 * Number.EPSILON * radius) {
      const middle = (low + high) / 2;
      if (below(middle) > n - 1 - i) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  });
}

function tridiagonal(a: Matrix): { diagonal: Float64Array; beside: Float64Array } {
  const n = a.rows;
  const { data } = matrix(n, n, a.data);
  const beside = new Float64Array(Math.max(0, n - 1));
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k + 1 < n; k++) {
    let square = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = data[i * n + k] as number;
      square += (v[i] as number) ** 2;
    }
    const length = Math.sqrt(square);
    beside[k] = length;
    const first = v[k + 1] as number;
    v[k + 1] = first + (first < 0 ? -length : length);
    const scale = square + Math.abs(first) * length; // vᵀv / 2
    if (scale === 0) continue;
    // A ← H·A·H with H = I − v·vᵀ / scale.
    let inner = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += (data[i * n + j] as number) * (v[j] as number);
      w[i] = sum / scale;
      inner += (w[i] as number) * (v[i] as number);
    }
    for (let i = k + 1; i < n; i++)
      w[i] = (w[i] as number) - (inner / 2 / scale) * (v[i] as number);
    for (let i = k + 1; i < n; i++) {
      const [vi, wi] = [v[i] as number, w[i] as number];
      for (let j = k + 1; j < n; j++) {
        data[i * n + j] =
          (data[i * n + j] as number) - vi * (w[j] as number) - wi * (v[j] as number);
      }
    }
  }
  return {
    diagonal: Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)] as number),
    beside,
  };
}
