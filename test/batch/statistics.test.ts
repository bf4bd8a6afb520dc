import { gradientNoise, requireStatistics } from "../../lib/batch/statistics.js";
import { groupMeans, groupSums, sampleNoise } from "../oracle/batch-noise.js";
import { gaussians } from "../oracle/random.js";
import { refusal } from "../support/refusal.js";

/** Gradients of single samples: a mean, and noise of another size in each coordinate. */
function samplesOf(count: number, mean: readonly number[], seed: number): Float64Array[] {
  const noise = gaussians(count * mean.length, seed);
  return Array.from({ length: count }, (_, i) =>
    Float64Array.from(mean, (m, j) => m + (1 + j) * noise[i * mean.length + j]),
  );
}

const mean = [1, -2, 0.5, 3];

test("groups of one sample give the published estimates", () => {
  const samples = samplesOf(12, mean, 1);
  const expected = sampleNoise(samples);
  const found = gradientNoise(groupSums(samples));
  expect(found.meanSquare).toBeCloseTo(expected.meanSquare, 10);
  expect(found.variance).toBeCloseTo(expected.variance, 10);
  expect(found.alongSquared).toBeCloseTo(expected.along, 9);
  expect(found.orthogonal).toBeCloseTo(expected.orthogonal, 10);
});

test("the estimate is unbiased, of however many groups", () => {
  const draws = 10_000;
  const size = 8;
  const sums = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const samples = samplesOf(size, mean, draw);
    [2, 4].forEach((groups, i) => {
      sums[i] += gradientNoise(groupSums(groupMeans(samples, groups))).variance;
    });
  }
  // Per-sample variances are 1, 4, 9 and 16.
  const exact = (1 + 4 + 9 + 16) / size;
  for (const sum of sums) expect(Math.abs(sum / draws / exact - 1)).toBeLessThan(0.02);
});

test("groups that agree have no noise, whatever rounding says", () => {
  const found = gradientNoise({ groups: 3, sumOfSquares: 3 * 0.1 - 1e-17, meanSquare: 0.1 });
  expect(found.variance).toBe(0);
});

test("a gradient of zero has no direction", () => {
  const found = gradientNoise({ groups: 2, sumOfSquares: 2, meanSquare: 0, products: [0, 0] });
  expect(found).toEqual({ meanSquare: 0, variance: 1, alongSquared: 0, orthogonal: 1 });
});

test("what is not finite stays so", () => {
  expect(gradientNoise({ groups: 2, sumOfSquares: Number.NaN, meanSquare: 1 }).variance).toBeNaN();
});

test.each([
  ["one group", { groups: 1, sumOfSquares: 1, meanSquare: 1 }, "groups"],
  ["no number", { groups: 2, sumOfSquares: "1", meanSquare: 1 }, "sumOfSquares"],
  [
    "products of other groups",
    { groups: 2, sumOfSquares: 1, meanSquare: 1, products: [1] },
    "products",
  ],
])("%s is refused", (_, statistics, parameter) => {
  expect(() => requireStatistics(statistics as never)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", parameter),
  );
});
