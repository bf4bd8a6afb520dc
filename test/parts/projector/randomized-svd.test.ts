import { momentums, type ProjectorOption, projectors } from "lean-optim";
import {
  capturedEnergy,
  orthonormalityDefect,
  subspaceDistance,
} from "../../oracle/orthonormal.js";
import { columnDistances } from "../../oracle/randomized-svd.js";
import { exactBasis } from "../../oracle/subspace.js";
import { basisOf, subspaceOptimizer } from "../../support/bases.js";
import { decayingMatrix } from "../../support/gradients.js";
import { refusal } from "../../support/refusal.js";

const randomizedSvd = projectors.randomizedSvd;

describe.each([
  ["tall", [40, 12], {}, "right"],
  ["wide", [12, 40], {}, "left"],
  ["tall, the longer side", [40, 12], { side: "reverse" }, "left"],
] as const)("of a %s gradient", (_, [rows, cols], more, side) => {
  const gradient = decayingMatrix(rows, cols, 0.5, 1);
  const grad = Float32Array.from(gradient.data);
  const first = (options = {}, seed = 0) => {
    const projector = randomizedSvd(options);
    const optimizer = subspaceOptimizer(
      [rows, cols],
      { rank: 4, projector, updateProjGap: 1, ...more },
      { grad, seed },
    );
    optimizer.step();
    return optimizer;
  };

  test("orthonormal columns that hold nearly all that any could", () => {
    const basis = basisOf(first());
    expect(orthonormalityDefect(basis)).toBeLessThan(1e-6);
    expect(capturedEnergy(gradient, basis, side)).toBeGreaterThan(1 - 1e-4);
    expect(capturedEnergy(gradient, basis, side)).toBeLessThan(1 + 1e-6);
  });

  test("the singular vectors, the largest first", () => {
    const exact = exactBasis(gradient, 4, side);
    const distances = columnDistances(exact, basisOf(first({ powerPasses: 4 })));
    expect(Math.max(...distances)).toBeLessThan(1e-4);
  });

  test("more passes, and more columns, come nearer to them", () => {
    const exact = exactBasis(gradient, 4, side);
    const distance = (options: object) => subspaceDistance(exact, basisOf(first(options)));
    const [none, one, two] = [0, 1, 2].map((powerPasses) =>
      distance({ powerPasses, oversample: 0 }),
    );
    expect(one).toBeLessThan((none as number) / 4);
    expect(two).toBeLessThan((one as number) / 4);
    expect(distance({ powerPasses: 0, oversample: 8 })).toBeLessThan(none as number);
  });

  test("a function of the seed", () => {
    const none = { powerPasses: 0, oversample: 0 };
    expect(basisOf(first(none, 1)).data).toEqual(basisOf(first(none, 1)).data);
    expect(subspaceDistance(basisOf(first(none, 1)), basisOf(first(none, 2)))).toBeGreaterThan(
      1e-4,
    );
  });
});

describe.each([
  ["zero", 0],
  ["not finite", Number.NaN],
])("a gradient that is %s", (_, value) => {
  const bad = new Float32Array(40 * 12).fill(value);

  test("gives no basis: the old one stays, and the refusal is counted", () => {
    const grad = Float32Array.from(decayingMatrix(40, 12, 0.5, 1).data);
    const options = { rank: 4, projector: "randomizedSvd", updateProjGap: 1 } as const;
    const optimizer = subspaceOptimizer([40, 12], options, { grad });
    optimizer.step();
    const before = basisOf(optimizer);
    optimizer.step({ grads: { w: bad } });
    expect(basisOf(optimizer)).toEqual(before);
    expect(optimizer.counters("w")[0]).toMatchObject({ refreshes: 1, refused: 1, hasBasis: 1 });
  });
});

test.each([
  ["powerPasses", -1],
  ["powerPasses", 101],
  ["powerPasses", 1.5],
  ["oversample", -1],
  ["oversample", "8"],
])("%s %p is refused", (option, value) => {
  expect(() => randomizedSvd({ [option]: value })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test("is no projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "randomizedSvd", lines: true };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", true),
  );
  const data = JSON.parse(JSON.stringify(projectors.randomizedSvd()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
