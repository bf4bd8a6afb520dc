import { runChild } from "../support/child.js";

test("optimizers that are dropped are freed, with their state", () => {
  const { status, stdout, stderr } = runChild("children/garbage.ts", [], ["--expose-gc"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { grown, freed, external } = JSON.parse(stdout);
  expect(freed).toBe(65);
  // 60 of them, of 8 MB each. What is left is what a few need at a time.
  expect(grown).toBeLessThan(60 * 8e6 * 0.25);
  // What was told to the collector has been taken back: data and gradient are what there is.
  expect(external).toBeLessThan(24e6);
}, 60_000);

test("arrays are kept for as long as they are bound", () => {
  const { status, stdout, stderr } = runChild("children/bound-memory.ts", [], ["--expose-gc"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { norm, released } = JSON.parse(stdout);
  expect(norm).toBe(512); // √(2¹⁷ · 2)
  expect(released).toBe(12 * 2 ** 17);
}, 60_000);
