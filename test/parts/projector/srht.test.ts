import { momentums, type ProjectorOption, projectors } from "lean-optim";
import { orthonormalityDefect, subspaceDistance } from "../../oracle/orthonormal.js";
import { basisOf, subspaceOptimizer } from "../../support/bases.js";
import { refusal } from "../../support/refusal.js";

const stepped = (cols: number, steps: number, { value = 1, seed = 0 } = {}) => {
  const grad = new Float32Array(70 * cols).fill(value);
  const options = { rank: 5, projector: "srht", updateProjGap: 1 } as const;
  const optimizer = subspaceOptimizer([70, cols], options, { grad, seed });
  for (let step = 0; step < steps; step++) optimizer.step();
  return optimizer;
};

describe.each([16, 12, 20, 28, 40, 56, 17, 61])("along a side of %d", (cols) => {
  test("orthonormal columns, of another subspace at each refresh", () => {
    const [first, second] = [1, 2].map((steps) => basisOf(stepped(cols, steps)));
    expect(orthonormalityDefect(first)).toBeLessThan(1e-6);
    expect(orthonormalityDefect(second)).toBeLessThan(1e-6);
    expect(subspaceDistance(first, second)).toBeGreaterThan(0.1);
  });
});

test.each([16, 12, 20, 28, 40])("a side of %d needs no padding: every entry is ±1/√k", (cols) => {
  const { data } = basisOf(stepped(cols, 1));
  for (const x of data) expect(Math.abs(x)).toBe(Math.fround(1 / Math.sqrt(cols)));
});

test("every direction of the weight is kept alike: ‖Pᵀeᵢ‖² = r/k", () => {
  const { rows, cols, data } = basisOf(stepped(48, 1));
  for (let i = 0; i < rows; i++) {
    const kept = data.slice(i * cols, (i + 1) * cols).reduce((sum, x) => sum + x * x, 0);
    expect(kept).toBeCloseTo(cols / rows, 6);
  }
});

test("a function of the seed", () => {
  expect(basisOf(stepped(16, 1, { seed: 7 }))).toEqual(basisOf(stepped(16, 1, { seed: 7 })));
  expect(basisOf(stepped(16, 1, { seed: 7 }))).not.toEqual(basisOf(stepped(16, 1, { seed: 8 })));
});

test.each([0, Number.NaN])("does not read the gradient, be it %p", (value) => {
  const optimizer = stepped(16, 1, { value });
  expect(basisOf(optimizer)).toEqual(basisOf(stepped(16, 1)));
  expect(optimizer.counters("w")[0]).toMatchObject({ refreshes: 1, refused: 0, hasBasis: 1 });
});

test("takes no options", () => {
  expect(() => projectors.srht({ seed: 3 })).toThrow(refusal("ERR_LEAN_UNKNOWN_OPTION", "seed", 3));
});

test("is no projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "srht", lines: true };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", true),
  );
  const data = JSON.parse(JSON.stringify(projectors.srht()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
