import { type Landscape, saturating, spreadQuadratic } from "../../bench/studies/landscape.js";
import { fitSlope } from "../../bench/studies/slope.js";

const order = Int32Array.from({ length: 1000 }, (_, i) => i);

/** The squared gradient along gradient descent, after steps whose sizes sum up to each of `sums`. */
function descend({ start, gradient }: Landscape, sums: readonly number[]): number[] {
  const stepSize = 0.25;
  const x = start.slice();
  const out = new Float32Array(x.length);
  const squares: number[] = [];
  for (let t = 0; squares.length < sums.length; t++) {
    const square = gradient(x, out);
    if (t * stepSize >= (sums[squares.length] as number)) squares.push(square);
    for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) - stepSize * (out[i] as number);
  }
  return squares;
}

test("a spread quadratic holds the drop that it was given", () => {
  const { start, curvature } = spreadQuadratic(1000, 7, order);
  const value = start.reduce((sum, x, i) => sum + 0.5 * (curvature[i] as number) * x * x, 0);
  expect(value).toBeCloseTo(7, 3);
  expect(Math.max(...curvature)).toBeLessThanOrEqual(1);
});

test("its squared gradient falls like the sum of step sizes, as its comment says", () => {
  const sums = [16, 64, 256, 1024];
  const squares = descend(spreadQuadratic(1000, 7, order), sums);
  squares.forEach((square, i) => {
    const sum = sums[i] as number;
    // The flattest coordinates, at 1e-4, have begun to fall: the law ends there.
    const expected = (7 / (4 * Math.log(10) * sum)) * Math.exp(-2e-4 * sum);
    expect(square / expected).toBeGreaterThan(0.95);
    expect(square / expected).toBeLessThan(1.05);
  });
});

test("that of a saturating landscape falls by the power that its comment says", () => {
  const sums = [32, 64, 128, 256, 512];
  const squares = descend(saturating(1000, 1.5), sums);
  const { slope } = fitSlope(squares.map((y, i) => ({ x: sums[i] as number, y })));
  expect(slope).toBeCloseTo(1 / 1.5 - 2, 1);
});

test.each([
  ["spread", spreadQuadratic(6, 1, Int32Array.of(3, 1, 0, 5, 2, 4))],
  ["saturating", saturating(6, 1.5)],
])(
  "the gradient of the %s one has the norm that it returns, and steps down its slope",
  (_, one) => {
    const out = new Float32Array(6);
    const square = one.gradient(one.start, out);
    expect(square).toBeCloseTo(
      out.reduce((sum, g) => sum + g * g, 0),
      5,
    );
    // The gradient is nowhere steeper than the curvature allows.
    const moved = one.start.map((x, i) => x - 0.01 * (out[i] as number));
    const after = new Float32Array(6);
    one.gradient(moved, after);
    out.forEach((g, i) => {
      const change = Math.abs((after[i] as number) - g);
      expect(change).toBeLessThanOrEqual((one.curvature[i] as number) * 0.01 * Math.abs(g) + 1e-6);
    });
  },
);
