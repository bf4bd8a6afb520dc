import { assumedSpectrum, type Gradient, spectrumOf } from "../../lib/advice/spectrum.js";
import { matrix, svd } from "../oracle/matrix.js";
import { gaussians } from "../oracle/random.js";
import { decode, encode } from "../support/dtypes.js";
import { refusal } from "../support/refusal.js";
import { countOf } from "../support/shapes.js";

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, x) => total + x, 0);
const falling = (values: Float64Array) => values.sort((a, b) => b - a);

function gradientOf(shape: readonly number[], dtype: "float32" | "bfloat16" | "float16"): Gradient {
  return { data: encode(gaussians(countOf(shape), countOf(shape)), dtype), shape, dtype };
}

describe.each([[[40, 24]], [[24, 40]], [[16, 16]], [[7, 1]], [[1, 7]], [[2, 9]], [[6, 2, 5]]])(
  "a gradient of shape %p",
  (shape) => {
    const [rows = 1, ...others] = shape;
    const cols = countOf(others);

    test.each(["float32", "bfloat16", "float16"] as const)("in %s", (dtype) => {
      const gradient = gradientOf(shape, dtype);
      const values = decode(gradient.data, dtype);
      const total = sum(values.map((x) => x * x));
      const found = spectrumOf("w", gradient);
      expect(found.total / total).toBeCloseTo(1, 6);
      const exact = svd(matrix(rows, cols, values)).values.map((x) => (x * x) / total);
      near(found.directions, falling(exact.slice(0, Math.min(rows, cols))));
      const at = (row: number, col: number) => (values[row * cols + col] as number) ** 2 / total;
      const rowEnergy = Float64Array.from({ length: rows }, (_, i) =>
        sum(Float64Array.from({ length: cols }, (_, j) => at(i, j))),
      );
      const colEnergy = Float64Array.from({ length: cols }, (_, j) =>
        sum(Float64Array.from({ length: rows }, (_, i) => at(i, j))),
      );
      near(found.rows, falling(rowEnergy));
      near(found.columns, falling(colEnergy));
    });
  },
);

/** Float32 sums of up to a thousand squares, of directions to 1e-6. */
function near(actual: Float64Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const errors = actual.map((x, i) => Math.abs(x - (expected[i] as number)));
  expect(Math.max(...errors)).toBeLessThan(2e-6);
}

test("of zeros: no energy anywhere", () => {
  const { total, directions, rows, columns } = spectrumOf("w", {
    data: new Float32Array(12),
    shape: [4, 3],
  });
  expect(total).toBe(0);
  expect([...directions, ...rows, ...columns]).toEqual(new Array(10).fill(0));
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("of %p: refused by name", (bad) => {
  const data = new Float32Array(12).fill(1);
  data[5] = bad;
  expect(() => spectrumOf("layer.3", { data, shape: [4, 3] })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "layer.3"),
  );
});

test("what is assumed adds up, falls, and has the noise that was asked for", () => {
  for (const prior of [{}, { decay: 1, noise: 0 }, { decay: 0.3, noise: 2 }]) {
    const { total, directions, rows, columns } = assumedSpectrum(30, 20, prior);
    expect([total, directions.length, rows.length, columns.length]).toEqual([1, 20, 30, 20]);
    for (const shares of [directions, rows, columns]) {
      expect(sum(shares)).toBeCloseTo(1, 12);
      expect(falling(shares.slice())).toEqual(shares);
    }
  }
  const { directions } = assumedSpectrum(30, 20, { decay: 1, noise: 0 });
  expect((directions[0] as number) / (directions[3] as number)).toBeCloseTo(16, 12);
});
