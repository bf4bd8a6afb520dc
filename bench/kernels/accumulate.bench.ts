import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape, WeightType } from "../support/data.js";
import { tensor } from "../support/data.js";
import { gradient, kernelCase } from "../support/kernel.js";

const shape: Shape = [4096, 4096];
const PIECES = 256;

function accumulate(dtype: WeightType): BenchCase {
  const zeros = () => tensor(new Float32Array(numel(shape)), shape);
  return kernelCase("accumulate", {
    name: `${shape.join("x")} ${dtype}`,
    bytes: numel(shape) * (bytesPerElement[dtype] + 2 * bytesPerElement.float32),
    item: () => ({
      grad: gradient(shape, dtype),
      sum: zeros(),
      partials: tensor(new Float64Array(2 * PIECES), [PIECES, 2]),
      groups: tensor(new Float64Array([1]), [1]),
    }),
  });
}

export const cases: BenchCase[] = [accumulate("float32"), accumulate("bfloat16")];
