import { momentums, type ProjectorOption, projectors } from "lean-optim";
import { matrix } from "../../oracle/matrix.js";
import {
  capturedEnergy,
  orthonormalityDefect,
  subspaceDistance,
} from "../../oracle/orthonormal.js";
import { exactBasis } from "../../oracle/subspace.js";
import { basisOf, subspaceOptimizer } from "../../support/bases.js";
import { decayingMatrix } from "../../support/gradients.js";
import { refusal } from "../../support/refusal.js";

const powerIteration = projectors.powerIteration;

describe.each([
  ["tall", [40, 12], "right"],
  ["wide", [12, 40], "left"],
] as const)("of a %s gradient", (_, [rows, cols], side) => {
  const gradient = decayingMatrix(rows, cols, 0.5, 1);
  const grad = Float32Array.from(gradient.data);
  const first = (options = {}, seed = 0) => {
    const optimizer = subspaceOptimizer(
      [rows, cols],
      { rank: 4, projector: powerIteration(options), updateProjGap: 1 },
      { grad, seed },
    );
    optimizer.step();
    return optimizer;
  };

  test("its columns are orthonormal and hold nearly all that any could", () => {
    const basis = basisOf(first());
    expect(orthonormalityDefect(basis)).toBeLessThan(1e-6);
    expect(capturedEnergy(gradient, basis, side)).toBeGreaterThan(1 - 1e-4);
    expect(capturedEnergy(gradient, basis, side)).toBeLessThan(1 + 1e-6);
  });

  test("more passes come nearer to the singular vectors, which is where it converges to", () => {
    const exact = exactBasis(gradient, 4, side);
    const distances = [1, 3, 10].map((coldPasses) =>
      subspaceDistance(exact, basisOf(first({ coldPasses }))),
    );
    expect(distances[1]).toBeLessThan((distances[0] as number) / 4);
    expect(distances[2]).toBeLessThan(1e-5);
  });

  test("a second refresh starts from the first basis", () => {
    const optimizer = first({ coldPasses: 1, warmPasses: 1 });
    const exact = exactBasis(gradient, 4, side);
    const before = subspaceDistance(exact, basisOf(optimizer));
    optimizer.step();
    expect(subspaceDistance(exact, basisOf(optimizer))).toBeLessThan(before / 2);
  });

  test("where it starts is a matter of the seed", () => {
    const passes = { coldPasses: 1 };
    expect(basisOf(first(passes, 1)).data).toEqual(basisOf(first(passes, 1)).data);
    expect(subspaceDistance(basisOf(first(passes, 1)), basisOf(first(passes, 2)))).toBeGreaterThan(
      1e-4,
    );
  });
});

test("a gradient of lower rank than asked for still gets orthonormal columns", () => {
  const gradient = matrix(20, 6);
  for (let i = 0; i < 20; i++) gradient.data[6 * i + 2] = i + 1;
  const optimizer = subspaceOptimizer([20, 6], { rank: 3, projector: "powerIteration" });
  optimizer.step({ grads: { w: Float32Array.from(gradient.data) } });
  expect(orthonormalityDefect(basisOf(optimizer))).toBeLessThan(1e-6);
  expect(capturedEnergy(gradient, basisOf(optimizer), "right")).toBeCloseTo(1, 6);
});

test("kept in bfloat16 it is orthonormal to the type's precision", () => {
  const grad = Float32Array.from(decayingMatrix(40, 12, 0.5, 1).data);
  const optimizer = subspaceOptimizer([40, 12], { rank: 4 }, { grad, stateDtype: "bfloat16" });
  optimizer.step();
  expect(orthonormalityDefect(basisOf(optimizer))).toBeLessThan(4e-3);
});

describe.each([
  ["zero", 0],
  ["not finite", Number.NaN],
])("a gradient that is %s", (_, value) => {
  const bad = new Float32Array(40 * 12).fill(value);

  test("gives no basis: the old one stays, and the refusal is counted", () => {
    const grad = Float32Array.from(decayingMatrix(40, 12, 0.5, 1).data);
    const optimizer = subspaceOptimizer([40, 12], { rank: 4, updateProjGap: 1 }, { grad });
    optimizer.step();
    const before = basisOf(optimizer);
    optimizer.step({ grads: { w: bad } });
    expect(basisOf(optimizer)).toEqual(before);
    expect(optimizer.counters("w")[0]).toMatchObject({ refreshes: 1, refused: 1, hasBasis: 1 });
  });

  test("as the first gradient: a random basis", () => {
    const optimizer = subspaceOptimizer([40, 12], { rank: 4 }, { grad: bad });
    optimizer.step();
    expect(orthonormalityDefect(basisOf(optimizer))).toBeLessThan(1e-6);
    expect(optimizer.counters("w")[0]).toMatchObject({ refreshes: 0, refused: 1, hasBasis: 1 });
  });
});

test.each([
  ["warmPasses", 0],
  ["coldPasses", 0],
  ["coldPasses", 101],
  ["warmPasses", 1.5],
])("%s %p is refused", (option, value) => {
  expect(() => powerIteration({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test("is no projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "powerIteration", lines: true };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", true),
  );
  const data = JSON.parse(JSON.stringify(projectors.powerIteration()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
