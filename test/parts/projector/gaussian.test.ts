import { momentums, type ProjectorOption, projectors } from "lean-optim";
import { orthonormalityDefect, subspaceDistance } from "../../oracle/orthonormal.js";
import { basisOf, subspaceOptimizer } from "../../support/bases.js";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

const stepped = (steps: number, { value = 1, seed = 0 } = {}) => {
  const grad = new Float32Array(12 * 7).fill(value);
  const options = { rank: 3, projector: "gaussian", updateProjGap: 1 } as const;
  const optimizer = subspaceOptimizer([12, 7], options, { grad, seed });
  for (let step = 0; step < steps; step++) optimizer.step();
  return optimizer;
};

test("orthonormal columns, of another subspace at each refresh", () => {
  const [first, second] = [1, 2].map((steps) => basisOf(stepped(steps)));
  expect(orthonormalityDefect(first)).toBeLessThan(1e-6);
  expect(orthonormalityDefect(second)).toBeLessThan(1e-6);
  expect(subspaceDistance(first, second)).toBeGreaterThan(0.1);
});

test("a function of the seed", () => {
  expect(basisOf(stepped(1, { seed: 7 }))).toEqual(basisOf(stepped(1, { seed: 7 })));
  expect(basisOf(stepped(1, { seed: 7 }))).not.toEqual(basisOf(stepped(1, { seed: 8 })));
});

test.each([0, Number.NaN])("does not read the gradient, be it %p", (value) => {
  const optimizer = stepped(1, { value });
  expect(basisOf(optimizer)).toEqual(basisOf(stepped(1)));
  expect(optimizer.counters("w")[0]).toMatchObject({ refreshes: 1, refused: 0, hasBasis: 1 });
});

test("but an absent gradient is no step", () => {
  const optimizer = stepped(1);
  const before = basisOf(optimizer);
  optimizer.step({ grads: { w: null } });
  expect(basisOf(optimizer)).toEqual(before);
  expect(optimizer.counters("w")[0]).toMatchObject({ calls: 1, refreshes: 1 });
});

test("scaled rather than orthonormal, a subspace momentum refuses it", () => {
  const projector = projectors.gaussian({ orthonormal: false });
  expect(() => momentums.subspace({ projector })).toThrow(
    refusal("ERR_LEAN_UNSUPPORTED", "projector", "gaussian"),
  );
  const plan = projector.plan({ weight: weightOf([12, 7]), rank: 3, right: true });
  expect(plan).toMatchObject({ kernel: "gaussianBasis", constants: { orthonormal: false } });
});

test("its option is a boolean", () => {
  expect(() => projectors.gaussian({ orthonormal: 1 as never })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "orthonormal", 1),
  );
});

test("is no projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "gaussian", lines: true };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", true),
  );
  const data = JSON.parse(JSON.stringify(projectors.gaussian()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
