import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import { tensor } from "../support/data.js";
import { gradient, kernelCase } from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const PIECES = 256;

function gradientDot(dtype: WeightType): BenchCase {
  return kernelCase("gradientDot", {
    name: `${shape.join("x")} ${dtype}`,
    bytes: numel(shape) * (bytesPerElement[dtype] + bytesPerElement.float32),
    item: () => ({
      grad: gradient(shape, dtype),
      sum: tensor(new Float32Array(numel(shape)).fill(1), shape),
      partials: tensor(new Float64Array(PIECES), [PIECES]),
    }),
  });
}

export const cases: BenchCase[] = [gradientDot("float32"), gradientDot("bfloat16")];
