import { generic, momentums, projectors } from "lean-optim";
import type { Basis } from "../../../lib/given-bases.js";
import type { Matrix } from "../../oracle/matrix.js";
import { backends } from "../../support/backends.js";
import { basisOf, linesOf, subspaceOptimizer } from "../../support/bases.js";
import { expectRefused } from "../../support/bits.js";
import { randomFloats, valuesOf } from "../../support/dtypes.js";
import { randomBasis } from "../../support/gradients.js";
import { refusal } from "../../support/refusal.js";
import type { Shape } from "../../support/shapes.js";
import { subspaceShapes } from "../../support/subspace-cases.js";
import { walk } from "../../support/walk.js";

const floats = ({ data }: Matrix) => Float32Array.from(data);
const given = projectors.given();
const lines = projectors.given({ lines: true });
const grad = randomFloats(60, 1);

describe("a basis", () => {
  const build = (options = {}) =>
    subspaceOptimizer([12, 5], { rank: 2, projector: given, ...options }, { grad });
  const first = floats(randomBasis(5, 2, 1));
  const second = floats(randomBasis(5, 2, 2));

  test("is kept as it was given, until another comes", () => {
    const optimizer = build();
    optimizer.setBasis("w", first);
    optimizer.step();
    optimizer.step();
    expect(Float32Array.from(basisOf(optimizer).data)).toEqual(first);
    optimizer.step({ bases: { w: second } });
    expect(Float32Array.from(basisOf(optimizer).data)).toEqual(second);
    expect(optimizer.counters("w")[0]).toMatchObject({ updates: 3, refreshes: 2, refused: 0 });
  });

  test("is copied", () => {
    const optimizer = build();
    const basis = first.slice();
    optimizer.setBasis("w", basis);
    basis.fill(0);
    expect(Float32Array.from(basisOf(optimizer).data)).toEqual(first);
  });

  test.each([
    ["restart", 1],
    ["rotate", 3],
    ["keep", 3],
  ] as const)("under %s leaves a momentum of age %d", (onRefresh, age) => {
    const optimizer = build({ onRefresh });
    optimizer.step({ bases: { w: first } });
    optimizer.step();
    optimizer.step({ bases: { w: second } });
    expect(optimizer.counters("w")[0]?.sinceBasis).toBe(age);
  });

  test.each<[string, Float32Array]>([
    ["with columns that are too long", first.map((x) => 1.01 * x)],
    ["with columns that are not orthogonal", Float32Array.of(1, 0, 0, 1, 0, 1, 0, 0, 0, 0)],
    ["of zeros", new Float32Array(10)],
    ["with a NaN", first.map((x, i) => (i === 3 ? Number.NaN : x))],
    ["with an infinity", first.map((x, i) => (i === 3 ? Number.POSITIVE_INFINITY : x))],
  ])("%s is refused, and the old one stays", (_, bad) => {
    const optimizer = build();
    const notOrthonormal = refusal("ERR_LEAN_INVALID_ARG", "w", bad);
    expectRefused(optimizer, [], () => optimizer.setBasis("w", bad), notOrthonormal);
    optimizer.step({ bases: { w: first } });
    expectRefused(optimizer, [], () => optimizer.setBasis("w", bad), notOrthonormal);
    expectRefused(optimizer, [], () => optimizer.step({ bases: { w: bad } }), notOrthonormal);
    optimizer.step();
  });
});

describe("line numbers", () => {
  const build = (options = {}) =>
    subspaceOptimizer([12, 5], { rank: 3, projector: lines, ...options }, { grad });

  test("are kept as they were given", () => {
    const optimizer = build();
    optimizer.step({ bases: { w: Int32Array.of(0, 7, 11) } });
    expect(linesOf(optimizer)).toEqual([0, 7, 11]);
  });

  test.each([
    ["repeated", [1, 1, 2]],
    ["past the last line", [0, 1, 12]],
    ["negative", [-1, 0, 1]],
    ["far out", [0, 1, 2 ** 31 - 1]],
  ])("%s are refused", (_, numbers) => {
    const optimizer = build();
    const bad = Int32Array.from(numbers);
    const refused = refusal("ERR_LEAN_INVALID_ARG", "w", bad);
    expectRefused(optimizer, [], () => optimizer.setBasis("w", bad), refused);
    optimizer.step({ bases: { w: Int32Array.of(0, 1, 2) } });
    expectRefused(optimizer, [], () => optimizer.setBasis("w", bad), refused);
  });

  test("may come in any order, which is the momentum's, but under rotate", () => {
    const descending = Int32Array.of(11, 7, 0);
    const optimizer = build({ onRefresh: "keep" });
    optimizer.step({ bases: { w: descending } });
    expect(linesOf(optimizer)).toEqual([11, 7, 0]);
    const momentum = valuesOf(optimizer.stateDict(), "w.exp_avg");
    momentum.forEach((m, i) => {
      const line = descending[Math.floor(i / 5)] as number;
      expect(m).toBeCloseTo(0.1 * (grad[5 * line + (i % 5)] as number), 6);
    });
    const rotating = build({ onRefresh: "rotate" });
    const refused = refusal("ERR_LEAN_INVALID_ARG", "w", descending);
    expectRefused(rotating, [], () => rotating.setBasis("w", descending), refused);
  });
});

describe.each(backends())("on %s, stepped beside the oracle", (device) => {
  const parameters = subspaceShapes.filter(({ shape, batched }) => shape.length > 1 && !batched);
  const sides = ({ shape: [rows = 1, ...others] }: Shape) => [
    rows,
    others.reduce((a, b) => a * b, 1),
  ];

  const basisOfStep = (parameter: Shape, seed: number): Basis =>
    floats(randomBasis(Math.min(...sides(parameter)), 2, seed));
  // Some of which stay from one step to the next.
  const linesOfStep = (parameter: Shape, seed: number): Basis => {
    const last = Math.max(...sides(parameter)) - 1;
    return seed % 2 === 0 ? Int32Array.of(0, last) : Int32Array.of(seed % last, last);
  };

  test.each([
    ["a basis", "restart", 0],
    ["a basis", "rotate", 1],
    ["a basis", "keep", 2],
    ["a basis", "published", 3],
    ["lines", "restart", 4],
    ["lines", "rotate", 5],
    ["lines", "keep", 6],
    ["lines", "published", 7],
  ] as const)("%s, onRefresh %s", (what, onRefresh, seed) => {
    const [projector, make] = what === "lines" ? [lines, linesOfStep] : [given, basisOfStep];
    const basesAt = (step: number) =>
      parameters.map((parameter, i) => [
        parameter.name,
        make(parameter, 100 * seed + 10 * step + i),
      ]);
    walk({
      recipe: generic({
        lr: 0.1,
        momentum: momentums.subspace({ rank: 2, projector, onRefresh }),
        secondMoment: "elementwise",
      }),
      parameters,
      oracle: {
        moment1: "subspace",
        onRefresh,
        rank: 2,
        gap: 3,
        offset: 0,
        projector: what === "lines" ? "givenLines" : "given",
      },
      options: { device },
      bases: (step) => (step % 3 === 1 ? Object.fromEntries(basesAt(step)) : undefined),
    });
  });
});
