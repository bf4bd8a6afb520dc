import { runChild } from "./support/child.js";

test("a worker that is terminated in the middle of a step takes nothing with it", () => {
  const { status, stdout, stderr } = runChild("children/interrupted-worker.ts");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({ interrupted: 5, steps: 2 });
}, 60_000);
