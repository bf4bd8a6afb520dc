import { adamSN, adamw, Optimizer, type Parameter, sgd } from "lean-optim";
import { randomFloats } from "./support/dtypes.js";
import { refusal } from "./support/refusal.js";

const data = () => randomFloats(12, 1);
const good = () => ({ name: "w", data: data(), shape: [4, 3] });
const build = (...params: unknown[]) =>
  new Optimizer([{ params: params as Parameter[], optimizer: sgd() }]);

describe("data", () => {
  test("a BigInt pointer is refused, which no cpu takes", () => {
    expect(() => build({ ...good(), data: 140_000n })).toThrow(
      expect.objectContaining({
        code: "ERR_LEAN_INVALID_ARG",
        parameter: "w.data",
        value: 140_000n,
      }),
    );
  });

  test.each<[string, unknown]>([
    ["a Float64Array", new Float64Array(12)],
    ["an Int32Array", new Int32Array(12)],
    ["a Uint8Array", new Uint8Array(48)],
    ["an array of numbers", [1, 2, 3]],
    ["an ArrayBuffer", new ArrayBuffer(48)],
    ["null", null],
    ["nothing", undefined],
  ])("%s is refused", (_, value) => {
    expect(() => build({ ...good(), data: value })).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_DTYPE", parameter: "w.data", value }),
    );
  });

  test("a Uint16Array must say what it holds", () => {
    const bits = { ...good(), data: new Uint16Array(12) };
    expect(() => build(bits)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_DTYPE", parameter: "w.data", value: undefined }),
    );
    build({ ...bits, dtype: "bfloat16" }).step();
    build({ ...bits, dtype: "float16" }).step();
  });

  test.each([
    ["float32", new Uint16Array(12)],
    ["bfloat16", new Float32Array(12)],
    ["float64", new Float32Array(12)],
    ["half", new Uint16Array(12)],
    [32, new Float32Array(12)],
  ])("dtype %p is not what it carries", (dtype, array) => {
    expect(() => build({ ...good(), data: array, dtype })).toThrow(
      refusal("ERR_LEAN_DTYPE", "w.data", dtype),
    );
  });

  test("of another realm is taken, as of this one", () => {
    const clone = structuredClone(data());
    const optimizer = build({ ...good(), data: clone });
    optimizer.step({ grads: { w: structuredClone(data()) } });
    expect(optimizer.counters("w")[0]?.updates).toBe(1);
  });
});

describe("shape", () => {
  test.each([[[4, 4]], [[12, 0]], [[]], [[11]]])("%p does not have 12 elements", (shape) => {
    expect(() => build({ ...good(), shape })).toThrow(refusal("ERR_LEAN_SHAPE", "w", shape));
  });

  test.each([[[-4, -3]], [[1.5, 8]], [[Number.NaN]], [["12"]], [12], ["4,3"], [null], [{}]])(
    "%p is none",
    (shape) => {
      expect(() => build({ ...good(), shape })).toThrow(refusal("ERR_LEAN_SHAPE", "w", shape));
    },
  );

  test("is a vector's by default", () => {
    const optimizer = new Optimizer([
      { params: [{ name: "w", data: data() }], optimizer: adamw() },
    ]);
    expect(optimizer.stateDict()["w.exp_avg"]?.shape).toEqual([1, 12]);
  });

  test("of a batched weight has at least three dimensions", () => {
    expect(() => build({ ...good(), batched: true })).toThrow(
      refusal("ERR_LEAN_SHAPE", "w", [4, 3]),
    );
    expect(() => build({ ...good(), batched: 1 })).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "w.batched", 1),
    );
  });

  test("is copied", () => {
    const shape = [4, 3];
    const params = [{ name: "w", data: data(), shape }];
    const optimizer = new Optimizer([{ params, optimizer: adamSN() }]);
    shape[0] = 400;
    optimizer.step({ grads: { w: data() } });
    expect(optimizer.stateDict()["w.exp_avg_sq"]?.shape).toEqual([4, 1]);
  });
});

describe("gradients", () => {
  test.each<[string, object, Error]>([
    ["too short", { grad: new Float32Array(11) }, refusal("ERR_LEAN_SHAPE", "w", 11)],
    [
      "of a type that is none",
      { grad: new Float64Array(12) },
      refusal("ERR_LEAN_DTYPE", "w.grad", new Float64Array(12)),
    ],
    [
      "of a type that is not asked for",
      { grad: new Float32Array(12), gradDtype: "bfloat16" },
      refusal("ERR_LEAN_DTYPE", "w.grad", "bfloat16"),
    ],
    [
      "of fewer bits than the weight",
      { grad: new Uint16Array(12), gradDtype: "bfloat16" },
      refusal("ERR_LEAN_DTYPE", "w", "bfloat16"),
    ],
    ["asked for in float64", { gradDtype: "float64" }, refusal("ERR_LEAN_DTYPE", "w", "float64")],
  ])("%s are refused", (_, more, expected) => {
    expect(() => build({ ...good(), ...more })).toThrow(expected);
  });

  test("of the other 16-bit type are refused", () => {
    const bits = { name: "w", data: new Uint16Array(12), dtype: "bfloat16", gradDtype: "float16" };
    expect(() => build(bits)).toThrow(refusal("ERR_LEAN_DTYPE", "w", "float16"));
  });

  test("of a 16-bit weight have its type where they are bits, and their own where not", () => {
    const bits = { name: "w", data: new Uint16Array(12), dtype: "bfloat16" };
    build({ ...bits, grad: new Uint16Array(12) }).step();
    build({ ...bits, grad: new Float32Array(12) }).step();
  });
});

describe("memory", () => {
  const buffer = new ArrayBuffer(100);
  const at = (offset: number, length: number) => new Float32Array(buffer, offset, length);

  test.each([
    ["the same array", at(0, 12), at(0, 12)],
    ["an overlapping one", at(0, 12), at(44, 12)],
  ])("two weights in %s", (_, one, other) => {
    expect(() => build({ name: "a", data: one }, { name: "b", data: other })).toThrow(
      refusal("ERR_LEAN_ALIAS", "b.data", "a.data"),
    );
  });

  test("a weight in its own gradient, or in another's", () => {
    expect(() => build({ name: "a", data: at(0, 12), grad: at(40, 12) })).toThrow(
      refusal("ERR_LEAN_ALIAS", "a.grad", "a.data"),
    );
    expect(() =>
      build({ name: "a", data: data(), grad: at(40, 12) }, { name: "b", data: at(0, 12) }),
    ).toThrow(refusal("ERR_LEAN_ALIAS", "a.grad", "b.data"));
  });

  test("gradients may share theirs, since they are only read", () => {
    const grad = data();
    const optimizer = build(
      { name: "a", data: at(0, 12), grad },
      { name: "b", data: at(48, 12), grad },
    );
    optimizer.step();
    expect(at(0, 12)).toEqual(at(48, 12));
  });

  test("may be shared between threads", () => {
    const shared = new Float32Array(new SharedArrayBuffer(48)).fill(1);
    build({ name: "w", data: shared, grad: new Float32Array(12).fill(1) }).step();
    expect(shared[11]).toBeCloseTo(0.999, 6);
  });
});

describe("groups", () => {
  test.each([[[]], [null], [undefined], [{}], ["groups"]])("%p are none", (groups) => {
    expect(() => new Optimizer(groups as never)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "groups", value: groups }),
    );
  });

  test.each([null, 3, "sgd"])("%p is no group", (group) => {
    expect(() => new Optimizer([group as never])).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "groups[0]", group),
    );
  });

  test.each([undefined, null, "adamw", {}, adamw])("%p is no recipe", (optimizer) => {
    expect(() => new Optimizer([{ params: [], optimizer: optimizer as never }])).toThrow(
      expect.objectContaining({
        code: "ERR_LEAN_INVALID_ARG",
        parameter: "groups[0].optimizer",
        value: optimizer,
      }),
    );
  });

  test.each([undefined, null, {}, "w"])("%p are no parameters", (params) => {
    expect(() => new Optimizer([{ params: params as never, optimizer: sgd() }])).toThrow(
      expect.objectContaining({
        code: "ERR_LEAN_INVALID_ARG",
        parameter: "groups[0].params",
        value: params,
      }),
    );
  });

  test.each([null, 3, "w"])("%p is no parameter", (parameter) => {
    expect(() => build(parameter)).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "groups[0].params", parameter),
    );
  });

  test.each([undefined, "", 7, null])("%p is no name", (name) => {
    expect(() => build({ ...good(), name })).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "name", value: name }),
    );
  });

  test("a parameter is in one of them, once", () => {
    const twice = refusal("ERR_LEAN_INVALID_ARG", "w", "w");
    expect(() => build(good(), good())).toThrow(twice);
    const group = { params: [good()], optimizer: sgd() };
    expect(() => new Optimizer([group, { ...group, params: [good()] }])).toThrow(twice);
    const same = data();
    const params = (name: string) => [{ name, data: same }];
    expect(
      () =>
        new Optimizer([
          { params: params("a"), optimizer: sgd() },
          { params: params("b"), optimizer: adamw() },
        ]),
    ).toThrow(refusal("ERR_LEAN_ALIAS", "b.data", "a.data"));
  });

  test("an option that nobody reads is refused, with the one that was meant", () => {
    expect(() => build({ ...good(), gradient: data() })).toThrow(
      refusal("ERR_LEAN_UNKNOWN_OPTION", "gradient", data()),
    );
    expect(() => build({ ...good(), dtyp: "float32" })).toThrow("did you mean dtype?");
    expect(() => new Optimizer([{ params: [], optimizer: sgd(), lr: 1 } as never])).toThrow(
      refusal("ERR_LEAN_UNKNOWN_OPTION", "lr", 1),
    );
  });

  test("one without parameters is one that nothing happens in", () => {
    const optimizer = build();
    optimizer.step();
    expect(optimizer.steps).toBe(1);
    expect(optimizer.stateBytes).toBe(0);
  });
});
