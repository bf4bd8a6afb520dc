import { batchTestOf, needsCounts, needsProducts, tooSmallBy } from "../../lib/batch/batch-test.js";
import { refusal } from "../support/refusal.js";

const noise = { meanSquare: 4, variance: 0.5, alongSquared: 0.8, orthogonal: 0.3 };

test.each([
  ["norm", { kind: "norm", eta: 0.5 }, 0.5 / (0.25 * 4)],
  ["innerProduct", { kind: "innerProduct", theta: 0.5 }, 0.8 / (0.25 * 16)],
  ["augmented, along", { kind: "augmented", theta: 0.1, nu: 10 }, 0.8 / (0.01 * 16)],
  ["augmented, across", { kind: "augmented", theta: 10, nu: 0.1 }, 0.3 / (0.01 * 4)],
] as const)("%s", (_, test, expected) => {
  expect(tooSmallBy(batchTestOf(test), noise)).toBeCloseTo(expected, 12);
});

test.each([
  ["zero", { ...noise, meanSquare: 0 }],
  ["infinite", { ...noise, meanSquare: Number.POSITIVE_INFINITY }],
  ["no number", { ...noise, variance: Number.NaN }],
])("a gradient that is %s decides nothing", (_, bad) => {
  expect(tooSmallBy(batchTestOf("norm"), bad)).toBeNaN();
});

test("gradients whose norm's fourth power is beyond float64 are tested", () => {
  const huge = {
    meanSquare: 1e200,
    variance: 1e198,
    alongSquared: Number.MAX_VALUE,
    orthogonal: 1,
  };
  expect(tooSmallBy(batchTestOf("innerProduct"), huge)).toBeGreaterThan(0);
});

test("only counts tell how the coordinates are", () => {
  expect(needsCounts(batchTestOf("coordinate"))).toBe(true);
  expect(() => tooSmallBy(batchTestOf("coordinate"), noise)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "counts"),
  );
});

test("only products tell what is along the gradient", () => {
  expect(needsProducts(batchTestOf("norm"))).toBe(false);
  expect(needsProducts(batchTestOf("augmented"))).toBe(true);
  expect(() => tooSmallBy(batchTestOf("innerProduct"), { meanSquare: 1, variance: 1 })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "products"),
  );
});

test.each([
  [{ kind: "norms" }, "ERR_LEAN_INVALID_ARG", "test.kind"],
  [{ kind: "norm", eta: 0 }, "ERR_LEAN_INVALID_ARG", "test.eta"],
  [{ kind: "norm", nu: -1 }, "ERR_LEAN_INVALID_ARG", "test.nu"],
  [{ kind: "norm", delta: 1 }, "ERR_LEAN_UNKNOWN_OPTION", "delta"],
] as const)("%j is refused", (test, code, parameter) => {
  expect(() => batchTestOf(test as never)).toThrow(refusal(code, parameter));
});
