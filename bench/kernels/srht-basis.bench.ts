import type { BenchCase } from "../support/case.js";
import { refreshCase } from "../support/refresh.js";

export const cases: BenchCase[] = [
  refreshCase("srhtBasis", { shape: [2048, 2048], rank: 512, label: "no padding", flops: 0 }),
  refreshCase("srhtBasis", {
    shape: [2736, 2736],
    rank: 512,
    label: "padded",
    // The Gram matrix and a triangular product.
    flops: 2 * 2736 * 512 ** 2,
  }),
];
