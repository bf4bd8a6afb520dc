import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { refreshCase, svdPeer } from "../support/refresh.js";

const OVERSAMPLE = 8;

function randomizedSvd(shape: Shape, rank: number, powerPasses: number): BenchCase {
  const short = Math.min(...shape);
  const columns = rank + OVERSAMPLE;
  return refreshCase("randomizedSvd", {
    shape,
    rank,
    label: `passes ${powerPasses}`,
    reads: 2 * powerPasses + 2,
    // Products with the gradient; Gram matrices and triangular products; the eigenproblem is not told.
    flops:
      (2 * powerPasses + 2) * 2 * numel(shape) * columns +
      (powerPasses + 1) * 2 * short * columns ** 2,
    fields: { powerPasses, oversample: OVERSAMPLE },
    peers: [svdPeer(shape)],
  });
}

export const cases: BenchCase[] = [
  randomizedSvd([2048, 2048], 512, 1),
  randomizedSvd([2048, 2048], 128, 1),
];
