import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { tensor } from "../support/data.js";
import { gradient, kernelCase } from "../support/kernel.js";

const shape: Shape = [4096, 4096];

export const cases: BenchCase[] = [
  kernelCase("coordinateNoise", {
    name: shape.join("x"),
    bytes: 2 * numel(shape) * bytesPerElement.float32,
    item: () => ({
      sum: gradient(shape, "float32"),
      squares: tensor(new Float32Array(numel(shape)).fill(1), shape),
      groups: tensor(new Float64Array([7]), [1]),
      counts: tensor(new Int32Array(1024), [1024]),
    }),
  }),
];
