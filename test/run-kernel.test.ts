import { bindKernel, type KernelTensor, runKernel } from "../lib/run-kernel.js";
import { backends } from "./support/backends.js";

const tensors = (): Record<string, KernelTensor> => ({
  partials: { data: Float64Array.of(9, 16), shape: [2], dtype: "float64" },
  nonFinite: { data: Int32Array.of(0, 1), shape: [2], dtype: "int32" },
  hyper: { data: Float64Array.of(2, 0), shape: [2], dtype: "float64" },
  result: { data: new Float64Array(3), shape: [3], dtype: "float64" },
});

describe.each(backends())("on %s a kernel", (device) => {
  test("runs over arrays in place", () => {
    const item = tensors();
    runKernel(device, "gradientNorm", [item]);
    expect(item.result?.data).toEqual(Float64Array.of(2.5, 1, 1));
  });

  test("can be built once and run often", () => {
    const counters = new BigInt64Array(8);
    const kernel = bindKernel(device, "prologue", [
      {
        grad: { data: new Float32Array(1), shape: [1], dtype: "float32" },
        counters: { data: counters, shape: [8], dtype: "int64" },
        scalars: { data: new Float32Array(16), shape: [16], dtype: "float32" },
      },
    ]);
    kernel.run();
    kernel.run();
    kernel.finish();
    kernel.dispose();
    expect(counters[0]).toBe(2n);
  });
});
