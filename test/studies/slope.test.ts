import { fitSlope, geometricMean } from "../../bench/studies/slope.js";

const xs = [10, 30, 100, 300, 1000];

test("finds the power of a power law, without error", () => {
  const { slope, factor, standardError } = fitSlope(xs.map((x) => ({ x, y: 5 * x ** -0.75 })));
  expect(slope).toBeCloseTo(-0.75, 12);
  expect(factor).toBeCloseTo(5, 10);
  expect(standardError).toBeLessThan(1e-12);
});

test("agrees with a least-squares fit worked out by hand", () => {
  // ln y = 0, 1, 1, 2 at ln x = 0, 1, 2, 3: slope 3/5, residues -0.1, 0.3, -0.3, 0.1.
  const points = [0, 1, 1, 2].map((y, x) => ({ x: Math.exp(x), y: Math.exp(y) }));
  const { slope, standardError, factor } = fitSlope(points);
  expect(slope).toBeCloseTo(0.6, 12);
  expect(Math.log(factor)).toBeCloseTo(0.1, 12);
  expect(standardError).toBeCloseTo(Math.sqrt(0.2 / 2 / 5), 12);
});

test("its standard error is how far slopes of such points lie apart", () => {
  // Deterministic noise of deviation 0.1 in ln y: the sum of squares over x says what is expected.
  let state = 1;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  };
  const deviation = 0.1 * Math.sqrt(12);
  const fits = Array.from({ length: 2000 }, () =>
    fitSlope(xs.map((x) => ({ x, y: x ** 0.5 * Math.exp(deviation * uniform()) }))),
  );
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const slopes = fits.map(({ slope }) => slope);
  const middle = mean(slopes);
  const spread = Math.sqrt(mean(slopes.map((slope) => (slope - middle) ** 2)));
  const stated = Math.sqrt(mean(fits.map(({ standardError }) => standardError ** 2)));
  expect(middle).toBeCloseTo(0.5, 2);
  expect(stated / spread).toBeGreaterThan(0.93);
  expect(stated / spread).toBeLessThan(1.07);
});

test.each([
  ["two points", [1, 2].map((x) => ({ x, y: x }))],
  ["a point at zero", [0, 1, 2].map((x) => ({ x, y: 1 }))],
  ["an error that is not finite", [1, 2, 3].map((x) => ({ x, y: x === 2 ? Number.NaN : 1 }))],
  ["points in one place", [1, 1, 1].map((x) => ({ x, y: 2 }))],
])("refuses %s", (_, points) => {
  expect(() => fitSlope(points)).toThrow(RangeError);
});

test("a geometric mean is the middle of logarithms", () => {
  expect(geometricMean([1, 100])).toBeCloseTo(10, 12);
});
