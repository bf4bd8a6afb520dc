import { numel } from "../../lib/tensor.js";
import type { BenchCase, Peer } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { refreshCase, svdPeer } from "../support/refresh.js";

interface Passes {
  readonly start: "cold" | "warm";
  readonly passes: number;
  readonly peers?: readonly Peer[];
}

function powerIteration(shape: Shape, rank: number, { start, passes, peers }: Passes): BenchCase {
  const short = Math.min(...shape);
  return refreshCase("powerIteration", {
    shape,
    rank,
    label: `${start}, passes ${passes}`,
    reads: passes * 2,
    // Two products a pass; then the Gram matrix and a triangular solve.
    flops: passes * (4 * numel(shape) * rank + 2 * short * rank ** 2),
    fields: { [start === "cold" ? "coldPasses" : "warmPasses"]: passes },
    hasBasis: start === "warm",
    ...(peers && { peers }),
  });
}

const square: Shape = [2048, 2048];

export const cases: BenchCase[] = [
  powerIteration(square, 512, { start: "warm", passes: 1, peers: [svdPeer(square, 1 / 12)] }),
  powerIteration(square, 512, { start: "warm", passes: 2, peers: [svdPeer(square, 1 / 7)] }),
  powerIteration(square, 512, { start: "cold", passes: 3 }),
  powerIteration([1024, 2736], 256, { start: "warm", passes: 2 }),
];
