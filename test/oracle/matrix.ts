/**
 * Small dense linear algebra in float64, for oracles: clarity over speed, fine up to a few hundred
 * rows and columns.
 */

/** A rows × cols matrix, stored by rows: element (i, j) is `data[i * cols + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** A rows × cols matrix of the given values (by rows), or of zeros. */
export function matrix(rows: number, cols: number, values?: ArrayLike<number>): Matrix {
  if (values !== undefined && values.length !== rows * cols) {
    throw new RangeError(`${rows} x ${cols} matrix from ${values.length} values`);
  }
  return { rows, cols, data: values ? Float64Array.from(values) : new Float64Array(rows * cols) };
}

/** The n × n identity. */
export function identity(n: number): Matrix {
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

/** Aᵀ. */
export function transpose(a: Matrix): Matrix {
  const result = matrix(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) result.data[j * a.rows + i] = a.data[i * a.cols + j];
  }
  return result;
}

/** A·B for A of m × k and B of k × n. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.cols !== b.rows) {
    throw new RangeError(`product of ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`);
  }
  const result = matrix(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.cols; k++) {
      const factor = a.data[i * a.cols + k];
      for (let j = 0; j < b.cols; j++) {
        result.data[i * b.cols + j] += factor * b.data[k * b.cols + j];
      }
    }
  }
  return result;
}

/** alpha·A + beta·B, element by element. */
export function combine(alpha: number, a: Matrix, beta: number, b: Matrix): Matrix {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw new RangeError(`sum of ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`);
  }
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => alpha * value + beta * b.data[i]),
  );
}

/** A − B. */
export function subtract(a: Matrix, b: Matrix): Matrix {
  return combine(1, a, -1, b);
}

/** The first `count` columns of A. */
export function firstColumns(a: Matrix, count: number): Matrix {
  const result = matrix(a.rows, count);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < count; j++) result.data[i * count + j] = a.data[i * a.cols + j];
  }
  return result;
}

/** The square root of the sum of squares of all elements. */
export function frobeniusNorm(a: Matrix): number {
  return norm(a.data);
}

/** The largest singular value. */
export function spectralNorm(a: Matrix): number {
  return svd(a).values[0] ?? 0;
}

/**
 * Thin QR by Householder reflections (Golub & Van Loan, Matrix Computations, 4th ed., 5.2.2):
 * A (m × n, m ≥ n) = Q·R, Q of m × n with orthonormal columns, also where A is rank-deficient,
 * R of n × n upper triangular.
 */
export function householderQR(a: Matrix): { q: Matrix; r: Matrix } {
  const { rows: m, cols: n } = a;
  if (m < n) throw new RangeError(`thin QR of a wide matrix, ${m} x ${n}`);
  const work = matrix(m, n, a.data);
  const reflectors: Float64Array[] = [];
  for (let k = 0; k < n; k++) {
    const v = new Float64Array(m);
    for (let i = k; i < m; i++) v[i] = work.data[i * n + k];
    const length = norm(v);
    v[k] += v[k] < 0 ? -length : length;
    const size = norm(v);
    if (size > 0) for (let i = k; i < m; i++) v[i] /= size;
    reflect(work, v);
    reflectors.push(v);
  }
  const r = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) r.data[i * n + j] = work.data[i * n + j];
  }
  const q = matrix(m, n);
  for (let i = 0; i < n; i++) q.data[i * n + i] = 1;
  for (const v of reflectors.reverse()) reflect(q, v);
  return { q, r };
}

/**
 * Eigenvalues, largest first, and orthonormal eigenvectors (the columns of `vectors`) of a symmetric
 * n × n matrix, by cyclic Jacobi rotations (Golub & Van Loan, 8.5.3).
 */
export function symmetricEigen(a: Matrix): { values: Float64Array; vectors: Matrix } {
  const n = a.rows;
  if (n !== a.cols) throw new RangeError(`eigenvalues of a ${a.rows} x ${a.cols} matrix`);
  const work = matrix(n, n, a.data).data;
  const basis = identity(n).data;
  const negligible = Number.EPSILON * frobeniusNorm(a);
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = work[p * n + q];
        if (Math.abs(off) <= negligible / n) continue;
        rotated = true;
        const { c, s } = jacobiRotation(work[p * n + p], off, work[q * n + q]);
        for (let k = 0; k < n; k++) rotate(work, p * n + k, q * n + k, c, s);
        for (let k = 0; k < n; k++) rotate(work, k * n + p, k * n + q, c, s);
        for (let k = 0; k < n; k++) rotate(basis, k * n + p, k * n + q, c, s);
      }
    }
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => work[i * n + i]);
  const order = descending(diagonal);
  const vectors = matrix(n, n);
  order.forEach((from, to) => {
    for (let k = 0; k < n; k++) vectors.data[k * n + to] = basis[k * n + from];
  });
  return { values: Float64Array.from(order, (i) => diagonal[i]), vectors };
}

/**
 * Thin singular value decomposition A (m × n) = U·diag(values)·Vᵀ by one-sided Jacobi rotations
 * (Hestenes 1958; Golub & Van Loan, 8.6.3). With s = min(m, n): U is m × s, V is n × s, both with
 * orthonormal columns whatever the rank of A; values are sorted, largest first.
 */
export function svd(a: Matrix): { u: Matrix; values: Float64Array; v: Matrix } {
  if (a.rows < a.cols) {
    const { u, values, v } = svd(transpose(a));
    return { u: v, values, v: u };
  }
  const { rows: m, cols: n } = a;
  const flipped = transpose(a).data;
  const columns = Array.from({ length: n }, (_, j) => flipped.slice(j * m, (j + 1) * m));
  const vectors = Array.from({ length: n }, (_, j) => unitVector(n, j));
  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const pp = dot(columns[p], columns[p]);
        const qq = dot(columns[q], columns[q]);
        const pq = dot(columns[p], columns[q]);
        if (Math.abs(pq) <= Number.EPSILON * Math.sqrt(pp * qq)) continue;
        rotated = true;
        const { c, s } = jacobiRotation(pp, pq, qq);
        rotatePair(columns[p], columns[q], c, s);
        rotatePair(vectors[p], vectors[q], c, s);
      }
    }
  }
  const lengths = Float64Array.from(columns, norm);
  const order = descending(lengths);
  const values = Float64Array.from(order, (j) => lengths[j]);
  const negligible = Number.EPSILON * m * (values[0] ?? 0);
  const left: Float64Array[] = [];
  for (const j of order) {
    const known = lengths[j] > negligible;
    left.push(known ? columns[j].map((x) => x / lengths[j]) : orthogonalUnitVector(left, m));
  }
  const right = order.map((j) => vectors[j]);
  return { u: fromColumns(left, m), values, v: fromColumns(right, n) };
}

const MAX_SWEEPS = 60;

/** The rotation that makes [[app, apq], [apq, aqq]] diagonal (Golub & Van Loan, 8.5.2). */
function jacobiRotation(app: number, apq: number, aqq: number): { c: number; s: number } {
  const tau = (aqq - app) / (2 * apq);
  const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  return { c, s: t * c };
}

/** (x_i, x_j) ← (c·x_i − s·x_j, s·x_i + c·x_j). */
function rotate(x: Float64Array, i: number, j: number, c: number, s: number): void {
  const xi = x[i];
  const xj = x[j];
  x[i] = c * xi - s * xj;
  x[j] = s * xi + c * xj;
}

/** (x, y) ← (c·x − s·y, s·x + c·y). */
function rotatePair(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let k = 0; k < x.length; k++) {
    const xk = x[k];
    x[k] = c * xk - s * y[k];
    y[k] = s * xk + c * y[k];
  }
}

/** A ← (I − 2·v·vᵀ)·A for a unit vector v, or A for v = 0. */
function reflect(a: Matrix, v: Float64Array): void {
  for (let j = 0; j < a.cols; j++) {
    let along = 0;
    for (let i = 0; i < a.rows; i++) along += v[i] * a.data[i * a.cols + j];
    for (let i = 0; i < a.rows; i++) a.data[i * a.cols + j] -= 2 * along * v[i];
  }
}

/** A unit vector orthogonal to fewer than n given orthonormal ones: Gram-Schmidt, done twice. */
function orthogonalUnitVector(known: readonly Float64Array[], n: number): Float64Array {
  let best: Float64Array = new Float64Array(n);
  for (let i = 0; i < n && norm(best) < 0.5; i++) {
    const candidate = unitVector(n, i);
    for (let pass = 0; pass < 2; pass++) {
      for (const vector of known) {
        const along = dot(vector, candidate);
        for (let k = 0; k < n; k++) candidate[k] -= along * vector[k];
      }
    }
    if (norm(candidate) > norm(best)) best = candidate;
  }
  const length = norm(best);
  return best.map((x) => x / length);
}

function fromColumns(columns: readonly Float64Array[], rows: number): Matrix {
  const result = matrix(rows, columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) result.data[i * columns.length + j] = column[i];
  });
  return result;
}

function unitVector(n: number, index: number): Float64Array {
  const result = new Float64Array(n);
  result[index] = 1;
  return result;
}

/** Indices of the values from the largest to the smallest; equal ones keep their order. */
function descending(values: Float64Array): number[] {
  return Array.from(values.keys()).sort((i, j) => values[j] - values[i]);
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k] * y[k];
  return sum;
}

function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}
