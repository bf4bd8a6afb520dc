/** A projector's basis on a device is the CPU's, from the same seed and gradients. */
import { adamSNSM, Optimizer, type ProjectorOption, projectors } from "lean-optim";
import { Mirrored } from "../../lib/cli/verify/mirrored.js";
import type { Matrix } from "../oracle/matrix.js";
import { orthonormalityDefect, subspaceDistance } from "../oracle/orthonormal.js";
import { describeOnCuda } from "../support/backends.js";
import { basisOf } from "../support/bases.js";
import { decayingMatrix } from "../support/gradients.js";

/** After two refreshes, along a side of `cols`. */
function refreshed(device: string, projector: ProjectorOption, cols: number): Matrix {
  const count = 60 * cols;
  const data = new Mirrored(device, new Float32Array(count));
  const recipe = adamSNSM({ rank: 5, projector, updateProjGap: 1 });
  const optimizer = new Optimizer(
    [
      {
        params: [{ name: "w", shape: [60, cols], dtype: "float32", data: data.handle }],
        optimizer: recipe,
      },
    ],
    { device, seed: 11 },
  );
  for (const seed of [1, 3]) {
    const grad = new Mirrored(device, Float32Array.from(decayingMatrix(60, cols, 0.6, seed).data));
    optimizer.step({ grads: { w: grad.handle } });
    optimizer.synchronize();
  }
  return basisOf(optimizer);
}

describeOnCuda("on %s", (device) => {
  test.each([16, 24, 20, 28, 40])("srht: bit for bit along a side of %d", (cols) => {
    expect(refreshed(device, "srht", cols)).toEqual(refreshed("cpu", "srht", cols));
  });

  test.each([
    ["srht", projectors.srht(), 33],
    ["gaussian", projectors.gaussian(), 33],
    ["randomizedSvd", projectors.randomizedSvd({ powerPasses: 2 }), 33],
  ] as const)("%s: every entry to rounding", (_, projector, cols) => {
    const ours = refreshed("cpu", projector, cols);
    const theirs = refreshed(device, projector, cols);
    ours.data.forEach((x, i) => {
      expect(Math.abs(x - (theirs.data[i] as number))).toBeLessThan(2e-5);
    });
  });

  test("powerIteration: the same subspace to rounding", () => {
    const ours = refreshed("cpu", "powerIteration", 33);
    const theirs = refreshed(device, "powerIteration", 33);
    expect(orthonormalityDefect(theirs)).toBeLessThan(1e-6);
    expect(subspaceDistance(ours, theirs)).toBeLessThan(2e-5);
  });
});
