import { momentums, type ProjectorOption, projectors } from "lean-optim";
import { orthonormalityDefect, subspaceDistance } from "../../oracle/orthonormal.js";
import { exactBasis } from "../../oracle/subspace.js";
import { basisOf, subspaceOptimizer } from "../../support/bases.js";
import { decayingMatrix } from "../../support/gradients.js";
import { refusal } from "../../support/refusal.js";

describe.each(["auto", "gram", "full"] as const)("method %s", (method) => {
  test.each([
    ["tall", [40, 12], {}, "right"],
    ["wide", [12, 40], {}, "left"],
    ["tall, the longer side", [40, 12], { side: "reverse" }, "left"],
    ["wide, the longer side", [12, 40], { side: "reverse" }, "right"],
  ] as const)("%s: the leading singular vectors", (_, [rows, cols], options, side) => {
    const gradient = decayingMatrix(rows, cols, 0.7, 5);
    const projector = projectors.svd({ method });
    const optimizer = subspaceOptimizer([rows, cols], { rank: 4, projector, ...options });
    optimizer.step({ grads: { w: Float32Array.from(gradient.data) } });
    const basis = basisOf(optimizer);
    expect(orthonormalityDefect(basis)).toBeLessThan(1e-6);
    expect(subspaceDistance(exactBasis(gradient, 4, side), basis)).toBeLessThan(1e-5);
  });
});

test("an unknown method is refused", () => {
  expect(() => projectors.svd({ method: "jacobi" as never })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "method", "jacobi"),
  );
});

test("is no projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "svd", lines: true };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", true),
  );
  const data = JSON.parse(JSON.stringify(projectors.svd()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
