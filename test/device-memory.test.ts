import { addressOf, DeviceBuffer, DeviceView, deviceMemory } from "../lib/device-memory.js";
import { describeNative } from "../lib/native.js";
import { describeOnCuda } from "./support/backends.js";
import { refusal } from "./support/refusal.js";

const code = (expected: string) => expect.objectContaining({ name: "LeanError", code: expected });

describe("an address", () => {
  test.each([
    [0x7f0000001000n, 0x7f0000001000n],
    [{ ptr: 4096n }, 4096n],
    [{ ptr: 4096 }, 4096n],
  ])("%p", (pointer, address) => {
    expect(addressOf(pointer, "w")).toBe(address);
  });

  test.each([
    -1n,
    2n ** 64n,
    { ptr: 0.5 },
    { ptr: 2 ** 60 },
    { ptr: "4096" },
    { ptr: null },
    "4096",
    null,
  ])("%p is refused", (pointer) => {
    expect(() => addressOf(pointer as never, "w")).toThrow(code("ERR_LEAN_INVALID_ARG"));
  });

  test("must be aligned to its elements", () => {
    new DeviceView("cuda", 4098n, "bfloat16", 8, "w");
    expect(() => new DeviceView("cuda", 4098n, "float32", 8, "w")).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "w", 4098n),
    );
  });
});

test("a device that is not there says why", () => {
  const { absent } = describeNative();
  for (const { name, reason } of absent) {
    expect(reason).not.toBe("");
    expect(() => new DeviceBuffer(name, 8)).toThrow(
      expect.objectContaining({
        code: "ERR_LEAN_UNSUPPORTED",
        message: expect.stringContaining(reason),
      }),
    );
  }
});

describeOnCuda("a buffer on %s", (device) => {
  const memory = deviceMemory(device);

  test("is zeroed, and takes and gives copies", () => {
    using buffer = memory.alloc(12);
    expect(memory.toHost(buffer)).toEqual(new Uint8Array(12));
    buffer.write(Float32Array.of(1, 2), 4);
    expect(memory.toHost(buffer, new Float32Array(3))).toEqual(Float32Array.of(0, 1, 2));
    expect(buffer.read(new Float32Array(1), 8)).toEqual(Float32Array.of(2));
  });

  test("is made of an array", () => {
    using buffer = memory.fromHost(BigInt64Array.of(5n, 6n));
    expect(buffer.byteLength).toBe(16);
    expect(memory.toHost(buffer, new BigInt64Array(2))).toEqual(BigInt64Array.of(5n, 6n));
  });

  test("may be empty", () => {
    using buffer = memory.fromHost(new Uint8Array(0));
    expect(memory.toHost(buffer)).toEqual(new Uint8Array(0));
  });

  test("refuses what is not in it, and what is no array", () => {
    using buffer = memory.alloc(8);
    const invalid = code("ERR_LEAN_INVALID_ARG");
    expect(() => buffer.write(new Uint8Array(9))).toThrow(invalid);
    expect(() => buffer.read(new Uint8Array(1), 8)).toThrow(invalid);
    expect(() => buffer.read(new Uint8Array(1), -1)).toThrow(invalid);
    expect(() => buffer.write([1, 2] as never)).toThrow(invalid);
    expect(() => memory.alloc(-1)).toThrow(invalid);
    expect(() => memory.alloc(0.5)).toThrow(invalid);
  });

  test("of more memory than there is", () => {
    expect(() => memory.alloc(2 ** 50)).toThrow(code("ERR_LEAN_OUT_OF_MEMORY"));
  });

  test("is of no use once it is disposed", () => {
    const buffer = memory.alloc(8);
    buffer.dispose();
    buffer.dispose();
    expect(() => memory.toHost(buffer)).toThrow(code("ERR_LEAN_DISPOSED"));
    expect(() => buffer.ptr).toThrow(code("ERR_LEAN_DISPOSED"));
    expect(buffer.isDisposed).toBe(true);
  });
});
