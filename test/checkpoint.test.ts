import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adamSN,
  adamSNSM,
  adamw,
  cosine,
  Optimizer,
  type Recipe,
  type StateDict,
  sgd,
  version,
} from "lean-optim";
import { SafetensorsReader, writeSafetensors } from "../lib/safetensors.js";
import { expectRefused, snapshot, stateBits } from "./support/bits.js";
import { randomArray } from "./support/dtypes.js";
import { refusal } from "./support/refusal.js";
import { shapes } from "./support/shapes.js";

let folder: string;
let path: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "lean-optim-checkpoint-"));
  path = join(folder, "state.safetensors");
});

afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

const recipe = (options = {}) => adamSNSM({ lr: 0.1, rank: 2, updateProjGap: 3, ...options });

interface Built {
  readonly optimizer: Optimizer;
  readonly weights: readonly ArrayBufferView[];
}

/** An optimizer of a tall bfloat16 weight `a` and a float32 vector `b`, after so many steps. */
function build(
  steps: number,
  {
    optimizer = recipe(),
    names = ["a", "b"],
    shape = [12, 5],
  }: {
    optimizer?: Recipe;
    names?: readonly string[];
    shape?: readonly number[];
  } = {},
): Built {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const [a = "a", b = "b"] = names;
  const params = [
    { name: a, shape, dtype: "bfloat16" as const, data: randomArray(count, 1, "bfloat16") },
    { name: b, data: randomArray(7, 2) },
  ];
  const made = new Optimizer([{ params, optimizer }]);
  for (let step = 1; step <= steps; step++) {
    const grads = { [a]: randomArray(count, 10 * step, "bfloat16"), [b]: randomArray(7, step) };
    made.step({ grads });
  }
  return { optimizer: made, weights: params.map(({ data }) => data) };
}

function erase(state: StateDict): void {
  for (const { data } of Object.values(state)) new Uint8Array(data.buffer).fill(0);
}

/** Nothing changes when this is loaded, and the error says what is wrong. */
function expectUnloadable(state: unknown, expected: Error, built = build(2)): void {
  const { optimizer, weights } = built;
  expectRefused(optimizer, weights, () => optimizer.loadStateDict(state as StateDict), expected);
}

const code = "ERR_LEAN_CHECKPOINT";
const other = () => build(5).optimizer.stateDict();
const changed = (name: string, change: object): StateDict => {
  const state = other();
  return { ...state, [name]: { ...state[name], ...change } as StateDict[string] };
};

describe("a state dict", () => {
  test("has PyTorch's names, shapes and types, and the count of steps", () => {
    const state = other();
    expect(Object.entries(state).map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ["optimizer.steps", "int64", [1]],
      ["a.counters", "int64", [8]],
      ["a.exp_avg", "bfloat16", [12, 2]],
      ["a.basis", "bfloat16", [5, 2]],
      ["a.exp_avg_sq", "float32", [12, 1]],
      ["b.counters", "int64", [8]],
      ["b.exp_avg", "float32", [1, 7]],
      ["b.exp_avg_sq", "float32", [1, 7]],
    ]);
    expect(state["optimizer.steps"]?.data).toEqual(BigInt64Array.of(5n));
  });

  test("is a copy", () => {
    const { optimizer } = build(2);
    const before = optimizer.stateDict();
    const bits = stateBits(before);
    optimizer.step({ grads: { a: randomArray(60, 3, "bfloat16") } });
    expect(stateBits(before)).toEqual(bits);
    erase(optimizer.stateDict());
    expect(optimizer.counters("a")[0]?.updates).toBe(3);
  });

  test("is taken over as a whole, and copied", () => {
    const state = other();
    const { optimizer } = build(2);
    optimizer.loadStateDict(state);
    erase(state);
    expect(stateBits(optimizer.stateDict())).toEqual(stateBits(other()));
    expect(optimizer.steps).toBe(5);
  });

  test("of another realm is taken as well", () => {
    const { optimizer } = build(2);
    optimizer.loadStateDict(structuredClone(other()));
    expect(stateBits(optimizer.stateDict())).toEqual(stateBits(other()));
  });
});

describe("a state of something else is refused", () => {
  test("with a tensor missing", () => {
    const { "a.exp_avg": _, ...rest } = other();
    expectUnloadable(rest, refusal(code, "a.exp_avg"));
  });

  test("with a tensor too many", () => {
    const state = other();
    const more = { ...state, "a.exp_avg_sqq": state["a.exp_avg_sq"] };
    expectUnloadable(more, refusal(code, "a.exp_avg_sqq"));
    const { optimizer } = build(1);
    expect(() => optimizer.loadStateDict(more as StateDict)).toThrow("the nearest is a.exp_avg_sq");
  });

  test("of another model", () => {
    const { optimizer } = build(1, { names: ["c", "d"] });
    expectUnloadable(optimizer.stateDict(), refusal(code, "c.counters"));
  });

  test("of another shape", () => {
    const { optimizer } = build(1, { shape: [6, 10] });
    expectUnloadable(optimizer.stateDict(), refusal(code, "a.exp_avg", [2, 10]));
  });

  test("of another dtype", () => {
    const { optimizer } = build(1, { optimizer: recipe({ stateDtype: "float32" }) });
    expectUnloadable(optimizer.stateDict(), refusal(code, "a.exp_avg", "float32"));
  });

  test.each([null, undefined, 3, "state"])("as %p", (state) => {
    expectUnloadable(
      state,
      expect.objectContaining({ code, parameter: "state", value: state }) as never,
    );
  });
});

describe("a state of another recipe", () => {
  const written = () => build(4, { optimizer: recipe({ betas: [0.8, 0.999] }) }).optimizer;
  const refused = refusal(code, "a", "adamSNSM");

  test("is refused, though its tensors fit", () => {
    expectUnloadable(written().stateDict(), refused);
  });

  test("is refused as a copy by spread, and among others", () => {
    const { "a.exp_avg": momentum, ...rest } = written().stateDict();
    expectUnloadable({ ...rest, "a.exp_avg": momentum }, refused);
    expectUnloadable({ ...other(), ...written().stateDict() }, refused);
  });

  test("is taken where it does not say what it is", () => {
    const { optimizer } = build(2);
    optimizer.loadStateDict(structuredClone(written().stateDict()));
    expect(optimizer.steps).toBe(4);
  });

  test("of another rate alone is none", () => {
    const { optimizer } = build(2, { optimizer: recipe({ lr: 5, weightDecay: 0.1 }) });
    optimizer.loadStateDict(other());
    expect(optimizer.steps).toBe(5);
  });
});

describe("a damaged state is refused", () => {
  const sixteen = (value: number) => new Uint16Array(24).fill(value, 5, 6);

  test.each<[string, string, object]>([
    ["a NaN in float32", "a.exp_avg_sq", { data: new Float32Array(12).fill(Number.NaN, 3) }],
    ["an infinity in float32", "b.exp_avg", { data: new Float32Array(7).fill(-Infinity, 6) }],
    ["a NaN in bfloat16", "a.exp_avg", { data: sixteen(0x7fc0) }],
    ["an infinity in bfloat16", "a.exp_avg", { data: sixteen(0xff80) }],
    ["a negative second moment", "a.exp_avg_sq", { data: new Float32Array(12).fill(-1e-30, 2) }],
    ["a negative count", "a.counters", { data: new BigInt64Array(8).fill(-1n, 3) }],
    ["too few elements", "a.exp_avg_sq", { data: new Float32Array(11) }],
    ["elements of another type", "a.exp_avg_sq", { data: new Int32Array(12) }],
    ["an array for its data", "a.exp_avg_sq", { data: new Array(12).fill(0) }],
    ["no data", "a.exp_avg_sq", { data: undefined }],
    ["no shape", "a.exp_avg_sq", { shape: undefined }],
  ])("%s", (_, name, change) => {
    expectUnloadable(changed(name, change), refusal(code, name));
  });

  test.each([[1n, 2n], [-1n], [2n ** 53n], []])("%p steps", (...steps) => {
    const state = changed("optimizer.steps", { data: BigInt64Array.from(steps) });
    expectUnloadable(state, refusal(code, "optimizer.steps"));
  });

  test.each([
    ["past the last one", [0, 12]],
    ["below the first one", [-1, 3]],
    ["twice the same", [3, 3]],
  ])("line numbers %s", (_, numbers) => {
    const built = build(2, { optimizer: recipe({ projector: "topK" }) });
    const index = built.optimizer.stateDict()["a.index"];
    const state = {
      ...built.optimizer.stateDict(),
      "a.index": { ...index, data: Int32Array.from(numbers) },
    };
    expectUnloadable(state, refusal(code, "a.index"), built);
  });
});

describe("a file", () => {
  test.each([
    ["float32", adamw({ lr: 0.1 })],
    ["subspaces", recipe()],
    ["lines", recipe({ projector: "uniform" })],
    ["nothing but counters", sgd()],
  ])("brings back all bits: %s", (_, optimizer) => {
    const written = build(4, { optimizer });
    written.optimizer.save(path);
    const read = build(1, { optimizer });
    read.optimizer.load(path);
    expect(stateBits(read.optimizer.stateDict())).toEqual(stateBits(written.optimizer.stateDict()));
  });

  test("is a safetensors file that says what it is", () => {
    build(4).optimizer.save(path);
    const reader = SafetensorsReader.open(path);
    expect(reader.metadata).toMatchObject({ format: "lean-optim-1", version });
    expect(reader.metadata.kind).toMatch(/^\w+\/\w+/);
    expect(JSON.parse(reader.metadata.recipes ?? "")).toEqual([
      {
        name: "adamSNSM",
        options: { lr: 0.1, rank: 2, updateProjGap: 3 },
        params: ["a", "b"],
      },
    ]);
    expect(reader.entry("a.exp_avg")).toMatchObject({ dtype: "BF16", shape: [12, 2] });
    expect(reader.entry("optimizer.steps")).toMatchObject({ dtype: "I64", shape: [1] });
    reader.close();
  });

  test("takes the place of an older one", () => {
    build(1).optimizer.save(path);
    const { optimizer } = build(4);
    optimizer.save(path);
    expect(fs.readdirSync(folder)).toEqual(["state.safetensors"]);
    const read = build(0).optimizer;
    read.load(path);
    expect(read.steps).toBe(4);
  });

  test("of the same recipe with another learning rate, schedule and weight decay is taken", () => {
    build(4).optimizer.save(path);
    const { optimizer } = build(0, {
      optimizer: recipe({ lr: 5, weightDecay: 0.1, schedule: cosine({ steps: 9 }) }),
    });
    optimizer.load(path);
    expect(optimizer.steps).toBe(4);
  });

  test("of another kind of processor is taken, and said", () => {
    const warn = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
    build(4).optimizer.save(path);
    const reader = SafetensorsReader.open(path);
    const tensors = [...reader.tensors.values()].map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape,
      data: reader.read(name),
    }));
    writeSafetensors(path, tensors, { ...reader.metadata, kind: "abacus/none" });
    const { optimizer } = build(0);
    optimizer.load(path);
    expect(optimizer.steps).toBe(4);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining("was written on abacus/none"), "LeanOptimWarning"],
    ]);
  });

  test.each([
    ["other parts", () => adamSN()],
    ["another rank's projector", () => recipe({ projector: "svd" })],
    ["other betas", () => recipe({ betas: [0.8, 0.999] })],
  ])("of %s is refused, whatever its tensors", (_, optimizer) => {
    build(4, { optimizer: optimizer() }).optimizer.save(path);
    const here = build(2);
    const expected = refusal(code, "a", optimizer().name);
    expectRefused(here.optimizer, here.weights, () => here.optimizer.load(path), expected);
  });

  test("of something else is refused", () => {
    writeSafetensors(path, [], { format: "pt" });
    const { optimizer, weights } = build(2);
    const expected = refusal(code, "path", path);
    const unsound = expect.objectContaining({ code }) as unknown as Error;
    expectRefused(optimizer, weights, () => optimizer.load(path), expected);
    fs.writeFileSync(path, "no safetensors at all");
    expectRefused(optimizer, weights, () => optimizer.load(path), unsound);
  });

  test("with tensors of a type that no state has is refused", () => {
    build(4).optimizer.save(path);
    const reader = SafetensorsReader.open(path);
    const metadata = { ...reader.metadata };
    reader.close();
    const data = Uint8Array.of(1);
    writeSafetensors(path, [{ name: "a.exp_avg", dtype: "U8", shape: [1], data }], metadata);
    const { optimizer, weights } = build(2);
    const expected = refusal(code, "a.exp_avg", "U8");
    expectRefused(optimizer, weights, () => optimizer.load(path), expected);
  });

  test("that was cut off anywhere is refused", () => {
    build(4).optimizer.save(path);
    const whole = fs.readFileSync(path);
    const { optimizer, weights } = build(2);
    const before = snapshot(optimizer, weights);
    for (let length = 0; length < whole.length; length += 97) {
      fs.writeFileSync(path, whole.subarray(0, length));
      expect(() => optimizer.load(path)).toThrow(expect.objectContaining({ code }));
    }
    expect(snapshot(optimizer, weights)).toEqual(before);
  });

  test("that is not there is no matter of checkpoints", () => {
    const { optimizer } = build(1);
    expect(() => optimizer.load(path)).toThrow(refusal("ERR_LEAN_IO", "path", path));
    expect(() => optimizer.save(join(folder, "no", "state"))).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_IO" }),
    );
  });
});

test.each(["writeSync", "fsyncSync", "renameSync"] as const)(
  "when the disk is full (%s), the old file stays, and is loaded as before",
  (call) => {
    build(3).optimizer.save(path);
    const { optimizer, weights } = build(5);
    const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "write" });
    jest.spyOn(fs, call).mockImplementation(() => {
      throw full;
    });
    const expected = refusal("ERR_LEAN_IO", "path", path);
    expectRefused(optimizer, weights, () => optimizer.save(path), expected);
    jest.restoreAllMocks();
    expect(fs.readdirSync(folder)).toEqual(["state.safetensors"]);
    optimizer.load(path);
    expect(optimizer.steps).toBe(3);
  },
);

test("every kind of parameter comes back", () => {
  const make = () => {
    const params = shapes.map(({ name, shape, batched }, i) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      return {
        name,
        shape,
        batched,
        data: randomArray(count, i),
        grad: randomArray(count, 50 + i),
      };
    });
    return new Optimizer([{ params, optimizer: adamSNSM({ lr: 0.1 }) }]);
  };
  const written = make();
  written.step();
  written.save(path);
  const read = make();
  read.load(path);
  expect(stateBits(read.stateDict())).toEqual(stateBits(written.stateDict()));
});
