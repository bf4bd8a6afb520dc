/** Only the span of a basis matters to Subspace-Momentum: any rotation of it walks the same path. */
import { adamSNSM, Optimizer, projectors } from "lean-optim";
import { trajectoryError } from "../oracle/golden.js";
import { type Matrix, multiply } from "../oracle/matrix.js";
import { randomFloats } from "../support/dtypes.js";
import { randomBasis } from "../support/gradients.js";

const floats = ({ data }: Matrix) => Float32Array.from(data);

function path(shape: readonly [number, number], onRefresh: "restart" | "rotate", turned: boolean) {
  const data = randomFloats(shape[0] * shape[1], 1);
  const start = data.slice();
  const optimizer = new Optimizer([
    {
      params: [{ name: "w", shape, data }],
      optimizer: adamSNSM({ lr: 0.1, rank: 3, projector: projectors.given(), onRefresh }),
    },
  ]);
  const k = Math.min(...shape);
  for (let step = 1; step <= 9; step++) {
    const basis = randomBasis(k, 3, step);
    const given = turned ? multiply(basis, randomBasis(3, 3, 50 + step)) : basis;
    const bases = step % 3 === 1 ? { w: floats(given) } : undefined;
    optimizer.step({ grads: { w: randomFloats(data.length, 10 * step) }, bases });
  }
  return { start, data, optimizer };
}

describe.each([
  ["tall", [20, 8]],
  ["wide", [8, 20]],
] as const)("a %s weight", (_, shape) => {
  test.each(["restart", "rotate"] as const)("under %s", (onRefresh) => {
    const plain = path(shape, onRefresh, false);
    const turned = path(shape, onRefresh, true);
    expect(trajectoryError(turned.data, plain.data, plain.start)).toBeLessThan(1e-5);
    // The coordinates are others, so the path is not the same for want of a rotation.
    const momentum = ({ optimizer }: typeof plain) =>
      optimizer.stateDict()["w.exp_avg"]?.data as Float32Array;
    expect(
      trajectoryError(momentum(turned), momentum(plain), new Float32Array(60)),
    ).toBeGreaterThan(0.1);
  });
});
