import {
  describeNative,
  type Item,
  NativeProgram,
  type ProgramSpec,
  setThreads,
} from "../lib/native.js";
import { refusal } from "./support/refusal.js";

const empty: ProgramSpec = {
  device: "cpu",
  slots: 0,
  state: 0,
  workspace: 0,
  hyper: 0,
  sequences: [],
};
const none = new Float64Array(0);
const code = (expected: string) => expect.objectContaining({ name: "LeanError", code: expected });

/** One item of the kernel that sums up all gradients, and its arrays. */
const normItem = () => ({
  partials: { place: "external", slot: 0, dtype: "float64", shape: [2] },
  nonFinite: { place: "external", slot: 1, dtype: "int32", shape: [2] },
  hyper: { place: "hyper", offset: 0, dtype: "float64", shape: [2] },
  result: { place: "state", offset: 0, dtype: "float64", shape: [3] },
});
const normArrays = () => [Float64Array.of(9, 16), Int32Array.of(0, 0)];
const norm = (item: Item = normItem() as Item, more: Partial<ProgramSpec> = {}) =>
  new NativeProgram({
    ...empty,
    slots: 2,
    state: 24,
    hyper: 2,
    sequences: [[{ kernel: "gradientNorm", items: [item] }], []],
    ...more,
  });

describe("a program", () => {
  test("runs over state, hyper-parameters and the caller's arrays", () => {
    const program = norm();
    program.bind([0, 1], normArrays());
    program.run(0, Float64Array.of(1, 2.5));
    const result = program.readState(0, new Float64Array(3));
    expect(Array.from(result)).toEqual([5, 0, 2.5 / (5 + 1e-6)]);
  });

  test("has a sequence of no calls", () => {
    norm().run(1, Float64Array.of(1, 1));
  });

  test("runs on another thread", async () => {
    const program = norm();
    program.bind([0, 1], normArrays());
    const running = program.runAsync(0, Float64Array.of(1, 2.5));
    expect(() => program.run(0, Float64Array.of(1, 2.5))).toThrow(code("ERR_LEAN_BUSY"));
    expect(() => program.readState(0, new Float64Array(3))).toThrow(code("ERR_LEAN_BUSY"));
    expect(() => program.dispose()).toThrow(code("ERR_LEAN_BUSY"));
    await running;
    expect(program.readState(0, new Float64Array(3))[0]).toBe(5);
  });

  test("keeps state and workspace apart", () => {
    const program = norm(undefined, { workspace: 8 });
    program.writeState(8, Float64Array.of(7));
    expect(program.readState(0, new Float64Array(3))).toEqual(Float64Array.of(0, 7, 0));
    expect(program.readWorkspace(0, new Float64Array(1))).toEqual(Float64Array.of(0));
    expect(program.workspaceBytes).toBe(8);
  });

  test("is of no use once disposed of, which may be said twice", () => {
    const program = norm();
    program.dispose();
    program.dispose();
    const disposed = code("ERR_LEAN_DISPOSED");
    expect(() => program.run(0, none)).toThrow(disposed);
    expect(() => program.bind([0], [null])).toThrow(disposed);
    expect(() => program.readState(0, none)).toThrow(disposed);
    expect(() => program.workspaceBytes).toThrow(disposed);
  });
});

describe("a run is refused", () => {
  test("while a slot that it needs is not bound", async () => {
    const program = norm();
    const run = () => program.run(0, Float64Array.of(1, 1));
    program.bind([0], [Float64Array.of(9, 16)]);
    expect(run).toThrow(code("ERR_LEAN_INVALID_ARG"));
    program.bind([1], [Int32Array.of(0, 0)]);
    run();
    program.bind([0], [null]);
    expect(run).toThrow(code("ERR_LEAN_INVALID_ARG"));
    await expect(program.runAsync(0, Float64Array.of(1, 1))).rejects.toThrow(
      code("ERR_LEAN_INVALID_ARG"),
    );
  });

  test.each([2, -1, 0.5, Number.NaN, "0", undefined])("of sequence %p", (sequence) => {
    expect(() => norm().run(sequence as number, Float64Array.of(1, 1))).toThrow(
      code("ERR_LEAN_INVALID_ARG"),
    );
  });

  test.each([new Float64Array(1), new Float64Array(3), null, [1, 1], 5])("with %p", (hyper) => {
    const program = norm();
    program.bind([0, 1], normArrays());
    expect(() => program.run(0, hyper as Float64Array)).toThrow(code("ERR_LEAN_INVALID_ARG"));
  });
});

describe("memory is refused", () => {
  test.each<[string, unknown]>([
    ["that is too short", new Float64Array(1)],
    ["that is not aligned to its elements", new Uint8Array(new ArrayBuffer(24), 4, 16)],
    ["that is none", 5],
    ["that is an array", [9, 16]],
  ])("for a slot, %s, and the old one stays", (_, array) => {
    const program = norm();
    program.bind([0, 1], normArrays());
    expect(() => program.bind([0], [array as Float64Array])).toThrow(code("ERR_LEAN_INVALID_ARG"));
    program.run(0, Float64Array.of(1, 0));
    expect(program.readState(0, new Float64Array(1))[0]).toBe(5);
  });

  test.each([
    [[2], [new Float64Array(2)]],
    [[-1], [new Float64Array(2)]],
    [[0, 1], [new Float64Array(2)]],
    [0, new Float64Array(2)],
    [["0"], [null]],
  ])("for slots %p", (slots, arrays) => {
    expect(() => norm().bind(slots as number[], arrays as null[])).toThrow(
      code("ERR_LEAN_INVALID_ARG"),
    );
  });

  test.each([
    [8, 24],
    [25, 0],
    [-8, 8],
    [0.5, 8],
    [2 ** 53, 8],
  ])("to read or write state at %p, of %d bytes", (offset, length) => {
    const program = norm();
    const invalid = code("ERR_LEAN_INVALID_ARG");
    expect(() => program.readState(offset, new Uint8Array(length))).toThrow(invalid);
    expect(() => program.writeState(offset, new Uint8Array(length))).toThrow(invalid);
    expect(() => program.readWorkspace(offset, new Uint8Array(length))).toThrow(invalid);
  });
});

describe("a specification is refused", () => {
  test.each<[string, Partial<ProgramSpec>, string]>([
    ["of an unknown device", { device: "tpu" }, "ERR_LEAN_UNSUPPORTED"],
    ["without slots", { slots: undefined }, "ERR_LEAN_INVALID_ARG"],
    ["with a part of a slot", { slots: 0.5 }, "ERR_LEAN_INVALID_ARG"],
    ["with state that is no memory", { state: "24" as never }, "ERR_LEAN_INVALID_ARG"],
    ["with no sequences", { sequences: null as never }, "ERR_LEAN_INVALID_ARG"],
    ["of more memory than there is", { workspace: 2 ** 50 }, "ERR_LEAN_OUT_OF_MEMORY"],
    [
      "with an unknown kernel",
      { sequences: [[{ kernel: "sort" as never, items: [] }]] },
      "ERR_LEAN_UNKNOWN_NAME",
    ],
  ])("%s", (_, more, expected) => {
    expect(() => new NativeProgram({ ...empty, ...more })).toThrow(code(expected));
  });

  test.each<[string, object, string]>([
    ["a field that is missing", { partials: undefined }, "ERR_LEAN_INVALID_ARG"],
    ["a field that is no tensor", { partials: 3 }, "ERR_LEAN_INVALID_ARG"],
    ["a field that does not exist", { momentum: 3 }, "ERR_LEAN_INVALID_ARG"],
    [
      "a tensor of no dtype",
      { partials: { ...normItem().partials, dtype: "float8" } },
      "ERR_LEAN_INVALID_ARG",
    ],
    [
      "a tensor of another dtype than the kernel's, before it has its memory",
      { partials: { ...normItem().partials, dtype: "float32" } },
      "ERR_LEAN_DTYPE",
    ],
    [
      "a tensor of another length, before it has its memory",
      { partials: { ...normItem().partials, shape: [3] } },
      "ERR_LEAN_SHAPE",
    ],
    [
      "a tensor of no dimensions",
      { partials: { ...normItem().partials, shape: [] } },
      "ERR_LEAN_INVALID_ARG",
    ],
    [
      "a tensor of more elements than can be counted",
      { partials: { ...normItem().partials, shape: [2 ** 30, 2 ** 30] } },
      "ERR_LEAN_INVALID_ARG",
    ],
    [
      "a tensor nowhere",
      { partials: { ...normItem().partials, place: "disk" } },
      "ERR_LEAN_INVALID_ARG",
    ],
    [
      "a slot that there is not",
      { partials: { ...normItem().partials, slot: 2 } },
      "ERR_LEAN_INVALID_ARG",
    ],
    ["state past its end", { result: { ...normItem().result, offset: 8 } }, "ERR_LEAN_INVALID_ARG"],
    [
      "state that is not aligned",
      { result: { ...normItem().result, offset: 4 } },
      "ERR_LEAN_INVALID_ARG",
    ],
    [
      "hyper-parameters past their end",
      { hyper: { ...normItem().hyper, offset: 8 } },
      "ERR_LEAN_INVALID_ARG",
    ],
  ])("with %s", (_, change, expected) => {
    const item = { ...normItem(), ...change } as Item;
    expect(() => norm(item, { state: 28 })).toThrow(code(expected));
  });

  test("with a getter that throws, whose error is told", () => {
    const spec = {
      ...empty,
      get slots(): number {
        throw new RangeError("no slots today");
      },
    };
    expect(() => new NativeProgram(spec)).toThrow("no slots today");
  });

  test("and the next one is not blamed for it", () => {
    expect(() => norm(undefined, { device: "tpu" })).toThrow(code("ERR_LEAN_UNSUPPORTED"));
    norm();
  });
});

describe("a planned program", () => {
  const planned = () => norm(undefined, { workspace: 2 ** 45, planned: true });

  test("has no memory, and tells what it would take", () => {
    const program = planned();
    expect(program.workspaceBytes).toBe(2 ** 45);
    expect(program.launches(0)).toBe(1);
    program.dispose();
  });

  test("is checked as any other", () => {
    const spoiled = { ...normItem(), result: { ...normItem().result, offset: 8 } } as Item;
    expect(() => norm(spoiled, { planned: true })).toThrow(code("ERR_LEAN_INVALID_ARG"));
    expect(() => norm(undefined, { workspace: 2 ** 50, planned: true })).toThrow(
      code("ERR_LEAN_OUT_OF_MEMORY"),
    );
  });

  test("refuses to run, and what needs memory", async () => {
    const program = planned();
    const unsupported = code("ERR_LEAN_UNSUPPORTED");
    program.bind([0, 1], normArrays());
    expect(() => program.run(0, Float64Array.of(1, 1))).toThrow(unsupported);
    await expect(program.runAsync(0, Float64Array.of(1, 1))).rejects.toThrow(unsupported);
    expect(() => program.readState(0, new Float64Array(3))).toThrow(unsupported);
    expect(() => program.writeState(0, new Float64Array(3))).toThrow(unsupported);
    expect(() => program.readWorkspace(0, new Float64Array(3))).toThrow(unsupported);
    program.synchronize();
    expect(program.isDone).toBe(true);
  });
});

test("a getter may dispose of the program that is being bound", () => {
  const program = norm();
  const arrays = Object.defineProperty([null], 0, {
    get() {
      program.dispose();
      return new Float64Array(2);
    },
  });
  program.bind([0], arrays);
  expect(() => program.run(1, none)).toThrow(code("ERR_LEAN_DISPOSED"));
});

describe("setThreads", () => {
  const { threads } = describeNative();
  afterEach(() => setThreads(0));

  test("sets them, and 0 sets them back", () => {
    setThreads(3);
    expect(describeNative().threads).toBe(3);
    setThreads(0);
    expect(describeNative().threads).toBe(threads);
  });

  test.each([-1, 0.5, 4097, Number.NaN, "2", undefined])("%p is refused", (value) => {
    expect(() => setThreads(value as number)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "threads", value }),
    );
    expect(describeNative().threads).toBe(threads);
  });
});

test("the device says what it is", () => {
  const { devices } = describeNative();
  expect(devices.map(({ name }) => name)).toContain("cpu");
  expect(devices.find(({ name }) => name === "cpu")?.kind).toMatch(/^(baseline|avx2|avx512)\/\w+/);
});

test("a native error names its code", () => {
  expect(() => norm().run(7, none)).toThrow(
    expect.objectContaining({ name: "LeanError", code: "ERR_LEAN_INVALID_ARG" }),
  );
  expect(() => setThreads(-1)).toThrow(refusal("ERR_LEAN_INVALID_ARG", "threads", -1));
});
