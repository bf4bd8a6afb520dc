import type { BenchCase } from "../support/case.js";
import { refreshCase } from "../support/refresh.js";

const of = (orthonormal: boolean): BenchCase =>
  refreshCase("gaussianBasis", {
    shape: [2048, 2048],
    rank: 512,
    label: orthonormal ? "orthonormal" : "scaled",
    // The Gram matrix and a triangular product.
    flops: orthonormal ? 2 * 2048 * 512 ** 2 : 0,
    fields: { orthonormal },
  });

export const cases: BenchCase[] = [of(true), of(false)];
