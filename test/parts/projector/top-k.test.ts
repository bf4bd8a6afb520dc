import { momentums, type ProjectorOption, projectors } from "lean-optim";
import { matrix } from "../../oracle/matrix.js";
import { gaussians } from "../../oracle/random.js";
import { topLines } from "../../oracle/subspace.js";
import { linesOf, subspaceOptimizer } from "../../support/bases.js";
import { refusal } from "../../support/refusal.js";

test.each([
  ["rows of a tall gradient", [12, 5], {}, "left"],
  ["columns of a wide gradient", [5, 12], {}, "right"],
  ["columns of a tall gradient", [12, 5], { side: "reverse" }, "right"],
  ["rows of a wide gradient", [5, 12], { side: "reverse" }, "left"],
] as const)("the %s with the largest norms, in order", (_, [rows, cols], options, side) => {
  const optimizer = subspaceOptimizer(
    [rows, cols],
    { rank: 3, projector: "topK", updateProjGap: 1, ...options },
    { grad: new Float32Array(60) },
  );
  for (let step = 1; step <= 3; step++) {
    const grad = Float32Array.from(gaussians(60, step));
    optimizer.step({ grads: { w: grad } });
    const expected = topLines(matrix(rows, cols, grad), 3, side).sort((a, b) => a - b);
    expect(linesOf(optimizer)).toEqual(expected);
  }
});

test("of equal norms the first", () => {
  const optimizer = subspaceOptimizer([6, 2], { rank: 3, projector: "topK" });
  optimizer.step({ grads: { w: new Float32Array(12).fill(1) } });
  expect(linesOf(optimizer)).toEqual([0, 1, 2]);
});

test("takes no options", () => {
  expect(() => projectors.topK({ rank: 3 })).toThrow(refusal("ERR_LEAN_UNKNOWN_OPTION", "rank", 3));
});

test("is a projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "topK", lines: false };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", false),
  );
  const data = JSON.parse(JSON.stringify(projectors.topK()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
