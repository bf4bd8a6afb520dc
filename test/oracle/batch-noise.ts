/**
 * What AdAdaGrad's tests compare (arXiv 2402.11215, section 3), from gradients of single samples, as the
 * paper has it: the slow way, in float64.
 */
export interface SampleNoise {
  /** ‖ḡ‖² */
  readonly meanSquare: number;
  /** Unbiased per-sample variance, summed over coordinates, divided by the batch size. */
  readonly variance: number;
  /** Of ⟨g_i, ḡ⟩, divided by the batch size. */
  readonly along: number;
  /** Of g_i − ⟨g_i, ḡ⟩/‖ḡ‖²·ḡ, summed over coordinates, divided by the batch size. */
  readonly orthogonal: number;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
}

export function sampleNoise(samples: readonly ArrayLike<number>[]): SampleNoise {
  const size = samples.length;
  const coordinates = Array.from(samples[0], (_, j) => samples.map((sample) => sample[j]));
  const mean = coordinates.map((column) => column.reduce((sum, x) => sum + x, 0) / size);
  const meanSquare = dot(mean, mean);
  const products = samples.map((sample) => dot(sample, mean));
  const rest = coordinates.map((column, j) =>
    column.map((x, i) => x - (products[i] / meanSquare) * mean[j]),
  );
  return {
    meanSquare,
    variance: coordinates.reduce((sum, column) => sum + variance(column), 0) / size,
    along: variance(products) / size,
    orthogonal: rest.reduce((sum, column) => sum + variance(column), 0) / size,
  };
}

/** Means of consecutive groups of samples. */
export function groupMeans(samples: readonly Float64Array[], groups: number): Float64Array[] {
  const size = samples.length / groups;
  return Array.from({ length: groups }, (_, k) => {
    const own = samples.slice(k * size, (k + 1) * size);
    return samples[0].map((_, j) => own.reduce((sum, sample) => sum + sample[j], 0) / size);
  });
}

/** Σ‖g_k‖², ‖ḡ‖² and ⟨g_k, ḡ⟩. */
export function groupSums(groups: readonly Float64Array[]) {
  const mean = groups[0].map((_, j) => groups.reduce((sum, g) => sum + g[j], 0) / groups.length);
  return {
    groups: groups.length,
    sumOfSquares: groups.reduce((sum, g) => sum + dot(g, g), 0),
    meanSquare: dot(mean, mean),
    products: groups.map((g) => dot(g, mean)),
  };
}
