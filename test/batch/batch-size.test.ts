import { requireGrid, roundedBatch, stepOf } from "../../lib/batch/batch-size.js";
import { refusal } from "../support/refusal.js";

test("batches are whole micro-batches on every rank", () => {
  const grid = { microBatch: 8, world: 4 };
  expect(stepOf(grid)).toBe(32);
  expect(roundedBatch(33, grid, 1000)).toBe(64);
  expect(roundedBatch(64, grid, 1000)).toBe(64);
  expect(roundedBatch(5000, grid, 1000)).toBe(992);
});

test.each([
  ["a maximum below the first batch", 64, { microBatch: 8 }, 32, "maxBatchSize"],
  ["less than a micro-batch on every rank", 8, { microBatch: 8, world: 4 }, 16, "maxBatchSize"],
  ["one group", 8, { microBatch: 8 }, 64, "batchSize"],
  ["no samples", 0, { microBatch: 8 }, 64, "batchSize"],
  ["half a micro-batch", 64, { microBatch: 0.5 }, 64, "microBatch"],
  ["no ranks", 64, { microBatch: 8, world: 0 }, 64, "world"],
])("%s is refused", (_, batchSize, grid, most, parameter) => {
  expect(() => requireGrid(batchSize, grid, most)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", parameter),
  );
});

test("one micro-batch on each of two ranks is two groups", () => {
  expect(() => requireGrid(16, { microBatch: 8, world: 2 }, 16)).not.toThrow();
});
