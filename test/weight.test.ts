import { requireShape } from "../lib/weight.js";
import { refusal } from "./support/refusal.js";
import { weightOf } from "./support/weights.js";

test.each([
  [[12, 5], { batch: 1, rows: 12, cols: 5, vector: false }],
  [[6, 2, 3, 2], { batch: 1, rows: 6, cols: 12, vector: false }],
  [[7], { batch: 1, rows: 1, cols: 7, vector: true }],
  [[], { batch: 1, rows: 1, cols: 1, vector: true }],
  [[0, 5], { batch: 1, rows: 0, cols: 5, vector: false }],
  [[5, 0], { batch: 1, rows: 5, cols: 0, vector: false }],
])("%p as a matrix", (shape, expected) => {
  expect(weightOf(shape)).toMatchObject({ shape, ...expected });
});

test.each([
  [[3, 6, 4], { batch: 3, rows: 6, cols: 4 }],
  [[3, 6, 4, 2], { batch: 3, rows: 6, cols: 8 }],
  [[1, 6, 4], { batch: 1, rows: 6, cols: 4 }],
  [[0, 6, 4], { batch: 0, rows: 6, cols: 4 }],
])("%p as a batch of matrices", (shape, expected) => {
  expect(weightOf(shape, { batched: true })).toMatchObject({ ...expected, vector: false });
});

test.each([[[]], [[4]], [[4, 3]]])("%p is no batch of matrices", (shape) => {
  expect(() => weightOf(shape, { batched: true })).toThrow(refusal("ERR_LEAN_SHAPE", "w", shape));
});

test("the state's type follows the weight's, unless it is chosen", () => {
  expect(weightOf([2]).stateDtype).toBe("float32");
  expect(weightOf([2], { dtype: "float16" }).stateDtype).toBe("float32");
  expect(weightOf([2], { dtype: "bfloat16" }).stateDtype).toBe("bfloat16");
  expect(weightOf([2], { dtype: "bfloat16", stateDtype: "float32" }).stateDtype).toBe("float32");
});

test.each([[[-1]], [[1.5]], [[Number.NaN]], [[2 ** 53]], [["3"]], [[null]], [3], ["3"], [null]])(
  "%p is no shape",
  (shape) => {
    expect(() => requireShape("w", shape)).toThrow(refusal("ERR_LEAN_SHAPE", "w", shape));
  },
);
