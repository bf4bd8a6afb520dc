/**
 * Partitions of a parameter's elements into subsets that share one second moment: Subset-Norm
 * (Nguyen & Nguyen, "Lean and Mean Adaptive Optimization via Subset-Norm and Subspace-Momentum",
 * arXiv 2411.07120).
 */

/** Which elements share a second moment. Elements are numbered by rows; so are subsets. */
export interface Partition {
  /** The number of subsets. */
  readonly count: number;
  /** For each element, its subset. */
  readonly owner: Int32Array;
  /** For each subset, how many elements it has. */
  readonly sizes: Int32Array;
}

/**
 * - `elementwise`: each element alone;
 * - `tensor`: all elements together;
 * - `row`, `column`: a subset for each row or column of the matrix;
 * - `heuristics`: rows when m ≥ n, else columns, so that each subset runs along the shorter side;
 * - k > 0: runs of k consecutive elements;
 * - −c < 0: the same with k = ⌊√(number of elements) / c⌋.
 */
export type PartitionRule = "elementwise" | "tensor" | "row" | "column" | "heuristics" | number;

/**
 * What runs of k do where k does not divide the number of elements: `ragged` makes the last one
 * shorter; `divisor`, the published rule, takes the largest divisor that is not above k instead.
 */
export type BlockRule = "ragged" | "divisor";

/** What a subset's statistic is: the sum of its squares or their mean. */
export type Reduce = "sum" | "mean";

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape of two or more dimensions as rows × columns: the first dimension by all others. */
export function matrixShape(shape: readonly number[]): [rows: number, cols: number] {
  if (shape.length < 2) throw new RangeError(`[${shape}] is not the shape of a matrix`);
  return [shape[0], elementCount(shape.slice(1))];
}

/** The partition of a parameter. A vector has no rows or columns: it is taken element by element. */
export function partition(
  shape: readonly number[],
  rule: PartitionRule,
  blockRule: BlockRule = "ragged",
): Partition {
  const count = elementCount(shape);
  if (rule === "tensor") return fromOwners(count, () => 0);
  if (typeof rule === "number") {
    const size = blockSize(count, rule, blockRule);
    return fromOwners(count, (i) => Math.floor(i / size));
  }
  if (rule === "elementwise" || shape.length < 2) return fromOwners(count, (i) => i);
  const [rows, cols] = matrixShape(shape);
  const byRow = rule === "row" || (rule === "heuristics" && rows >= cols);
  return fromOwners(count, byRow ? (i) => Math.floor(i / cols) : (i) => i % cols);
}

/** The length of the runs into which `count` elements are cut. */
export function blockSize(count: number, rule: number, blockRule: BlockRule): number {
  const asked = rule > 0 ? rule : Math.floor(Math.sqrt(count) / -rule);
  let size = Math.min(Math.max(asked, 1), count);
  if (blockRule === "divisor") while (count % size !== 0) size--;
  return size;
}

/** For each subset, the sum or mean of the squares of its elements. */
export function subsetSquares(
  values: ArrayLike<number>,
  subsets: Partition,
  reduce: Reduce = "sum",
): Float64Array {
  const result = new Float64Array(subsets.count);
  for (let i = 0; i < values.length; i++) result[subsets.owner[i]] += values[i] ** 2;
  return reduce === "sum" ? result : result.map((sum, s) => sum / subsets.sizes[s]);
}

function fromOwners(length: number, ownerOf: (element: number) => number): Partition {
  const owner = Int32Array.from({ length }, (_, i) => ownerOf(i));
  const count = owner.reduce((most, subset) => Math.max(most, subset + 1), 0);
  const sizes = new Int32Array(count);
  for (const subset of owner) sizes[subset]++;
  return { count, owner, sizes };
}
