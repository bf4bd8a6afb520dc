import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import {
  elementBytes,
  parseHeader,
  SafetensorsReader,
  serializeSafetensors,
  type TensorSource,
  typedArray,
  writeSafetensors,
} from "../lib/safetensors.js";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "lean-optim-safetensors-"));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const tensors: readonly TensorSource[] = [
  { name: "flag", dtype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) },
  { name: "scalar", dtype: "F32", shape: [], data: Float32Array.of(1.5) },
  { name: "half", dtype: "BF16", shape: [1, 3], data: Uint16Array.of(0x3f80, 0x4000, 0xc040) },
  { name: "fp16", dtype: "F16", shape: [1], data: Uint16Array.of(0x3c00) },
  { name: "wide", dtype: "F64", shape: [2], data: Float64Array.of(Math.PI, -0) },
  { name: "steps", dtype: "I64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) },
  { name: "index", dtype: "I32", shape: [2, 1], data: Int32Array.of(7, -7) },
  { name: "byte", dtype: "U8", shape: [1], data: Uint8Array.of(255) },
  { name: "empty", dtype: "F32", shape: [0, 4], data: new Float32Array() },
  { name: '“ünï”\n"code"', dtype: "U8", shape: [1], data: Uint8Array.of(9) },
];
const metadata = { format: "test", note: 'with "quotes": and {braces}' };

const elements = (data: unknown) => Array.from(data as Iterable<number | bigint>);

const contents = (reader: SafetensorsReader) =>
  new Map(
    Array.from(reader.tensors.values(), ({ name, dtype, shape }) => [
      name,
      { dtype, shape, values: elements(typedArray(dtype, reader.read(name))) },
    ]),
  );

const expected = new Map(
  tensors.map(({ name, dtype, shape, data }) => [name, { dtype, shape, values: elements(data) }]),
);

/** A file with this header and so many bytes after it. */
function fileOf(header: unknown, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe("a round trip", () => {
  test("through memory", () => {
    const reader = SafetensorsReader.fromBytes(serializeSafetensors(tensors, metadata));
    expect(reader.metadata).toEqual(metadata);
    expect(contents(reader)).toEqual(expected);
  });

  test("through a file, which has the same bytes", () => {
    const path = join(folder, "a.safetensors");
    writeSafetensors(path, tensors, metadata);
    expect(new Uint8Array(fs.readFileSync(path))).toEqual(serializeSafetensors(tensors, metadata));
    const reader = SafetensorsReader.open(path);
    expect(contents(reader)).toEqual(expected);
    reader.close();
    reader.close();
    expect(codeOf(() => reader.read("half"))).toBe("ERR_LEAN_DISPOSED");
  });

  test("of nothing", () => {
    const reader = SafetensorsReader.fromBytes(serializeSafetensors([]));
    expect(reader.tensors.size).toBe(0);
    expect(reader.metadata).toEqual({});
  });

  test("of names that objects have anyway", () => {
    const names = ["__proto__", "constructor", "toString", "0"];
    const named = names.map((name, i) => ({ ...tensors[7], name, data: Uint8Array.of(i) }));
    const reader = SafetensorsReader.fromBytes(serializeSafetensors(named, { __proto__: "x" }));
    expect(names.map((name) => reader.read(name)[0])).toEqual([0, 1, 2, 3]);
  });
});

describe("the layout", () => {
  test("aligns the data to 8 bytes and each tensor to its elements", () => {
    for (const extra of ["", "x", "xx", "xxxxxxx"]) {
      const { dataStart, tensors: entries } = parseHeader(serializeSafetensors(tensors, { extra }));
      expect(dataStart % 8).toBe(0);
      for (const { begin, dtype } of entries.values()) expect(begin % elementBytes(dtype)).toBe(0);
    }
  });

  test("keeps the order within an element size", () => {
    const { tensors: entries } = parseHeader(serializeSafetensors(tensors));
    const starts = ["wide", "steps", "scalar", "index", "half", "fp16", "flag", "byte"].map(
      (name) => entries.get(name)?.begin,
    );
    expect(starts).toEqual([...starts].sort((a, b) => (a ?? 0) - (b ?? 0)));
  });
});

describe("reading", () => {
  const bytes = serializeSafetensors(tensors);
  const reader = SafetensorsReader.fromBytes(bytes);

  test("part of a tensor", () => {
    const target = new Uint8Array(2);
    reader.readInto("half", target, 4);
    expect(Array.from(target)).toEqual([0x40, 0xc0]);
  });

  test.each([5, -1, 0.5, Number.NaN])("not from byte %p of 6, two bytes on", (offset) => {
    expect(codeOf(() => reader.readInto("half", new Uint8Array(2), offset))).toBe("ERR_LEAN_SHAPE");
  });

  test("a name that is not there, with a suggestion", () => {
    expect(() => reader.read("scaler")).toThrow(
      expect.objectContaining({
        code: "ERR_LEAN_UNKNOWN_NAME",
        message: 'no tensor is called "scaler". Did you mean "scalar"?',
        value: "scaler",
      }),
    );
  });

  test("from a view into a larger buffer, unaligned", () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(contents(SafetensorsReader.fromBytes(shifted.subarray(3)))).toEqual(expected);
  });

  test("unaligned bytes as elements", () => {
    const shifted = new Uint8Array(5);
    shifted.set(new Uint8Array(Float32Array.of(2).buffer), 1);
    expect(typedArray("F32", shifted.subarray(1))).toEqual(Float32Array.of(2));
    expect(typedArray("F32", Buffer.from(shifted).subarray(1))).toEqual(Float32Array.of(2));
  });

  test("a file that does not exist", () => {
    expect(codeOf(() => SafetensorsReader.open(join(folder, "no")))).toBe("ERR_LEAN_IO");
  });

  test("only the header, where the rest is elsewhere", () => {
    const header = parseHeader(bytes);
    const beginning = bytes.subarray(0, header.dataStart);
    expect(parseHeader(beginning, bytes.length)).toEqual(header);
    expect(codeOf(() => parseHeader(beginning))).toBe("ERR_LEAN_CHECKPOINT");
    const tooShort = beginning.subarray(0, -1);
    expect(codeOf(() => parseHeader(tooShort, bytes.length))).toBe("ERR_LEAN_CHECKPOINT");
  });
});

describe("a damaged file is refused", () => {
  const one = (entry: object) => fileOf({ a: { dtype: "U8", shape: [2], ...entry } }, 2);
  const two = (first: number[], second: number[], dataBytes: number) =>
    fileOf(
      {
        a: { dtype: "U8", shape: [first[1] - first[0]], data_offsets: first },
        b: { dtype: "U8", shape: [second[1] - second[0]], data_offsets: second },
      },
      dataBytes,
    );
  const withLength = (length: bigint) => {
    const file = fileOf({});
    new DataView(file.buffer).setBigUint64(0, length, true);
    return file;
  };

  test.each<[string, Uint8Array]>([
    ["no bytes", new Uint8Array()],
    ["half a length", new Uint8Array(7)],
    ["a length past the end", withLength(3n)],
    ["a length past all bounds", withLength(2n ** 64n - 1n)],
    ["no JSON", fileOf("{]")],
    ["JSON after a byte order mark", fileOf("\ufeff{}")],
    ["nesting past all bounds", fileOf("[".repeat(1e6))],
    ["no object", fileOf("[]")],
    ["null", fileOf("null")],
    ["bytes that are not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe)],
    ["an entry that is no object", fileOf({ a: 1 })],
    ["metadata that is no object", fileOf({ __metadata__: ["x"] })],
    ["metadata that is no string", fileOf({ __metadata__: { x: 1 } })],
    ["no shape", one({ shape: undefined, data_offsets: [0, 2] })],
    ["a negative size", one({ shape: [-2], data_offsets: [0, 2] })],
    ["half an element", one({ shape: [1.5], data_offsets: [0, 2] })],
    ["a size past all counting", one({ shape: [2 ** 53 - 1, 2 ** 53 - 1], data_offsets: [0, 2] })],
    ["no offsets", one({})],
    ["one offset", one({ data_offsets: [0] })],
    ["three offsets", one({ data_offsets: [0, 2, 2] })],
    ["offsets that are strings", one({ data_offsets: ["0", "2"] })],
    ["offsets backwards", one({ data_offsets: [2, 0] })],
    ["offsets below 0", one({ data_offsets: [-1, 1] })],
    ["offsets that do not fit the shape", one({ shape: [3], data_offsets: [0, 2] })],
    ["a tensor past the end", one({ shape: [3], data_offsets: [0, 3] })],
    ["a truncated file", one({ data_offsets: [0, 2] }).subarray(0, -1)],
    ["bytes left over", one({ shape: [1], data_offsets: [0, 1] })],
    ["overlapping tensors", two([0, 2], [1, 3], 3)],
    ["one tensor inside another", two([0, 4], [1, 2], 4)],
    ["the same bytes twice", two([0, 2], [0, 2], 2)],
    ["a gap", two([0, 1], [2, 3], 3)],
    ["a gap at the start", two([1, 2], [2, 3], 3)],
    [
      "a name twice",
      fileOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' +
          '"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        1,
      ),
    ],
    [
      "a field twice",
      fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    ],
    ["metadata twice", fileOf('{"__metadata__":{"x":"1"},"__metadata__" : {}}')],
  ])("%s", (_, file) => {
    expect(codeOf(() => SafetensorsReader.fromBytes(file))).toBe("ERR_LEAN_CHECKPOINT");
    expect(codeOf(() => parseHeader(file))).toBe("ERR_LEAN_CHECKPOINT");
    const path = join(folder, "damaged");
    fs.writeFileSync(path, file);
    expect(codeOf(() => SafetensorsReader.open(path))).toBe("ERR_LEAN_CHECKPOINT");
  });

  test.each(["F8_E4M3", "", "f32", "toString", 4, null])("the dtype %p", (dtype) => {
    const file = one({ dtype, data_offsets: [0, 2] });
    expect(codeOf(() => SafetensorsReader.fromBytes(file))).toBe("ERR_LEAN_DTYPE");
  });

  test("but not one that repeats strings elsewhere, or is long", () => {
    const note = '"a":'.repeat(1e6);
    const file = fileOf(
      { __metadata__: { a: "a", note }, a: { dtype: "U8", shape: [], data_offsets: [0, 1] } },
      1,
    );
    expect(SafetensorsReader.fromBytes(file).metadata).toEqual({ a: "a", note });
  });

  test("every truncation of a sound file", () => {
    const file = serializeSafetensors(tensors, metadata);
    for (let length = 0; length < file.length; length++) {
      expect(codeOf(() => parseHeader(file.subarray(0, length)))).toBe("ERR_LEAN_CHECKPOINT");
    }
  });
});

describe("writing", () => {
  const good = tensors[0];
  const path = () => join(folder, "b.safetensors");

  test("piece by piece, one tensor after the other", () => {
    const events: string[] = [];
    const source = (name: string): TensorSource => ({
      name,
      dtype: "F32",
      shape: [2, 2],
      *data() {
        events.push(name);
        yield Float32Array.of(1);
        yield Float32Array.of(2, 3, 4);
      },
    });
    writeSafetensors(path(), [source("x"), source("y")]);
    expect(events).toEqual(["x", "y"]);
    const reader = SafetensorsReader.open(path());
    expect(typedArray("F32", reader.read("y"))).toEqual(Float32Array.of(1, 2, 3, 4));
    reader.close();
  });

  test.each<[string, Partial<TensorSource>, string]>([
    ["too few bytes", { data: Uint8Array.of(1) }, "ERR_LEAN_SHAPE"],
    ["too many bytes", { data: new Uint8Array(4) }, "ERR_LEAN_SHAPE"],
    ["too few pieces", { data: () => [Uint8Array.of(1)] }, "ERR_LEAN_SHAPE"],
    ["too many pieces", { data: () => [new Uint8Array(3), new Uint8Array(1)] }, "ERR_LEAN_SHAPE"],
    ["a shape that is none", { shape: [-3] }, "ERR_LEAN_SHAPE"],
    ["an unknown dtype", { dtype: "F8" as "F16" }, "ERR_LEAN_DTYPE"],
    ["a reserved name", { name: "__metadata__" }, "ERR_LEAN_INVALID_ARG"],
    ["half a character", { name: "\ud800" }, "ERR_LEAN_INVALID_ARG"],
    ["a name that is taken", { name: "scalar" }, "ERR_LEAN_INVALID_ARG"],
  ])("%s: the old file stays, no other is left", (_, bad, code) => {
    fs.writeFileSync(path(), "old");
    const all = [{ ...good, ...bad }, tensors[1]];
    expect(codeOf(() => writeSafetensors(path(), all))).toBe(code);
    expect(codeOf(() => serializeSafetensors(all))).toBe(code);
    expect(fs.readFileSync(path(), "utf8")).toBe("old");
    expect(fs.readdirSync(folder)).toEqual(["b.safetensors"]);
  });

  test("an error in the middle of a tensor", () => {
    fs.writeFileSync(path(), "old");
    const failing: TensorSource = {
      ...good,
      *data() {
        yield Uint8Array.of(1);
        throw new Error("device lost");
      },
    };
    expect(() => writeSafetensors(path(), [failing])).toThrow("device lost");
    expect(fs.readFileSync(path(), "utf8")).toBe("old");
    expect(fs.readdirSync(folder)).toEqual(["b.safetensors"]);
  });

  test.each([
    ["a number", { a: 1 }],
    ["half a character", { a: "\udfff" }],
    ["half a character as its name", { "\ud800": "a" }],
  ])("metadata with %s", (_, bad) => {
    const strings: object = bad;
    expect(codeOf(() => serializeSafetensors([], strings as Record<string, string>))).toBe(
      "ERR_LEAN_INVALID_ARG",
    );
  });
});
