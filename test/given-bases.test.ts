import { generic, momentums, Optimizer, projectors } from "lean-optim";
import type { Matrix } from "./oracle/matrix.js";
import { subspaceOptimizer } from "./support/bases.js";
import { expectRefused, snapshot } from "./support/bits.js";
import { randomFloats } from "./support/dtypes.js";
import { randomBasis } from "./support/gradients.js";
import { refusal } from "./support/refusal.js";

const floats = ({ data }: Matrix) => Float32Array.from(data);
const given = projectors.given();
const grad = randomFloats(60, 1);

describe("a given basis", () => {
  const build = (options = {}) =>
    subspaceOptimizer([12, 5], { rank: 2, projector: given, ...options }, { grad });
  const first = floats(randomBasis(5, 2, 1));

  test("handed over with a step is the same as set before it", () => {
    const [one, other] = [build(), build()];
    one.setBasis("w", first);
    one.step();
    other.step({ bases: { w: first } });
    expect(snapshot(one, [])).toEqual(snapshot(other, []));
  });

  test("must be there before the first step with a gradient", () => {
    const optimizer = build();
    const missing = refusal("ERR_LEAN_INVALID_ARG", "w", null);
    expectRefused(optimizer, [], () => optimizer.step(), missing);
    optimizer.step({ grads: { w: null } });
    expectRefused(optimizer, [], () => optimizer.step({ grads: { w: grad } }), missing);
    optimizer.step({ grads: { w: grad }, bases: { w: first } });
    expect(optimizer.counters("w")[0]?.updates).toBe(1);
  });

  test("comes back with a loaded state", () => {
    const optimizer = build();
    optimizer.step({ bases: { w: first } });
    const resumed = build();
    resumed.loadStateDict(optimizer.stateDict());
    resumed.step();
    optimizer.step();
    expect(snapshot(resumed, [])).toEqual(snapshot(optimizer, []));
    const fresh = build();
    resumed.loadStateDict(fresh.stateDict());
    expect(() => resumed.step()).toThrow(refusal("ERR_LEAN_INVALID_ARG", "w", null));
  });

  test.each<[string, unknown, Error]>([
    ["too short", first.subarray(1), refusal("ERR_LEAN_SHAPE", "w", 9)],
    ["too long", new Float32Array(11), refusal("ERR_LEAN_SHAPE", "w", 11)],
    ["of another type", Int32Array.of(0, 1), refusal("ERR_LEAN_DTYPE", "w", Int32Array.of(0, 1))],
    ["that is an array", [1, 0], refusal("ERR_LEAN_DTYPE", "w", [1, 0])],
    ["that is null", null, refusal("ERR_LEAN_DTYPE", "w", null)],
  ])("%s is refused", (_, bad, expected) => {
    const optimizer = build();
    expectRefused(optimizer, [], () => optimizer.setBasis("w", bad as Float32Array), expected);
  });

  test("is for parameters whose projector is `given`", () => {
    const optimizer = subspaceOptimizer([12, 5], { rank: 2 }, { grad });
    expect(() => optimizer.setBasis("w", first)).toThrow(
      refusal("ERR_LEAN_UNSUPPORTED", "w", first),
    );
    expect(() => optimizer.setBasis("v", first)).toThrow(refusal("ERR_LEAN_UNKNOWN_NAME", "v"));
  });

  test("of line numbers is one of integers", () => {
    const optimizer = build({ rank: 3, projector: projectors.given({ lines: true }) });
    const bad = Float32Array.of(0, 1, 2);
    expect(() => optimizer.setBasis("w", bad)).toThrow(refusal("ERR_LEAN_DTYPE", "w", bad));
  });
});

describe("of several bases", () => {
  const params = ["a", "b"].map((name) => ({
    name,
    shape: [12, 5],
    data: randomFloats(60, 2),
    grad: randomFloats(60, 3),
  }));
  const build = () =>
    new Optimizer([
      {
        params,
        optimizer: generic({ momentum: momentums.subspace({ rank: 2, projector: given }) }),
      },
    ]);
  const good = floats(randomBasis(5, 2, 1));

  test("none is taken where one is refused", () => {
    const optimizer = build();
    const bad = new Float32Array(10);
    const weights = params.map(({ data }) => data);
    const refused = refusal("ERR_LEAN_INVALID_ARG", "b", bad);
    expectRefused(
      optimizer,
      weights,
      () => optimizer.step({ bases: { a: good, b: bad } }),
      refused,
    );
    expectRefused(
      optimizer,
      weights,
      () => optimizer.step({ bases: { a: good } }),
      refusal("ERR_LEAN_INVALID_ARG", "b", null),
    );
    optimizer.step({ bases: { a: good, b: good } });
  });

  test("of a batched weight neither", () => {
    const momentum = momentums.subspace({ rank: 2, projector: given });
    const experts = { name: "w", shape: [2, 12, 5], batched: true, data: randomFloats(120, 1) };
    const optimizer = new Optimizer([{ params: [experts], optimizer: generic({ momentum }) }]);
    const both = Float32Array.of(...good, ...floats(randomBasis(5, 2, 3)));
    const half = both.map((x, i) => (i === 15 ? 2 * x : x));
    const refused = refusal("ERR_LEAN_INVALID_ARG", "w", half);
    expectRefused(optimizer, [experts.data], () => optimizer.setBasis("w", half), refused);
    optimizer.setBasis("w", both);
    expect(optimizer.stateDict()["w.basis"]).toMatchObject({ shape: [2, 5, 2], data: both });
    expect(optimizer.counters("w").map(({ hasBasis }) => hasBasis)).toEqual([1, 1]);
  });
});
