/** Memory and machines that no step can run on: each is refused in words, and nothing has happened. */
import { adamSNSM, adamw, Optimizer, type OptimizerOptions } from "lean-optim";
import { type DevicePointer, deviceMemory } from "../../lib/device-memory.js";
import { bitsOf } from "../support/bits.js";
import { runChild } from "../support/child.js";
import { type CudaCalls, cudaCalls } from "../support/cuda-calls.js";

const cuda = cudaCalls as CudaCalls;
const device = "simt";
const memory = deviceMemory(device);
const onInterpreter = cudaCalls ? describe : describe.skip;

onInterpreter("memory", () => {
  const withData = (data: unknown, grad: unknown = null, options: OptimizerOptions = {}) =>
    new Optimizer(
      [
        {
          optimizer: adamw(),
          params: [
            {
              name: "w",
              shape: [64],
              dtype: "float32",
              device,
              data: data as DevicePointer,
              grad: grad as DevicePointer,
            },
          ],
        },
      ],
      options,
    );
  const refused = (parameter: string, words: string) =>
    expect.objectContaining({
      name: "LeanError",
      code: "ERR_LEAN_INVALID_ARG",
      parameter,
      message: expect.stringMatching(words),
    });

  test("of the host, or of another device, by what it is", () => {
    const [pinned, foreign] = [cuda.allocate("pinned", 256), cuda.allocate("foreign", 4096)];
    using data = memory.alloc(256);
    expect(() => withData(pinned)).toThrow(
      refused("w.data", "^w.data: 0x[0-9a-f]+ is memory of the host, not of a CUDA device"),
    );
    expect(() => withData(data, foreign)).toThrow(
      refused("w.grad", "^w.grad: 0x[0-9a-f]+ is memory of CUDA device 1, not 0"),
    );
    expect(() => withData(data, null, { state: foreign })).toThrow(
      refused("state", "is memory of CUDA device 1"),
    );
  });

  test("that is managed is the device's, too", () => {
    const managed = cuda.allocate("managed", 512);
    using optimizer = withData(managed, managed + 256n);
    optimizer.step();
    optimizer.synchronize();
    expect(optimizer.counters("w")[0]?.updates).toBe(1);
  });

  test("that is too small, by how much there is and how much is asked for", () => {
    using short = memory.alloc(252);
    expect(() => withData(short.ptr)).toThrow(
      refused("w.data", "has 252 bytes left of its allocation, not 256"),
    );
    using data = memory.alloc(256);
    expect(() => withData(data, null, { state: short.ptr })).toThrow(refused("state", "has 252"));
  });

  test("at addresses that are none", () => {
    using data = memory.alloc(256);
    for (const address of [0n, -1n, 1n << 64n, (1n << 64n) - 4n, 1n << 63n]) {
      expect(() => withData(address)).toThrow(refused("w.data", "w.data"));
      expect(() => withData({ ptr: address })).toThrow(refused("w.data", "w.data"));
      expect(() => withData(data, null, { state: address })).toThrow(refused("state", "state"));
      expect(() => withData(data, null, { stream: address })).toThrow(refused("stream", "stream"));
    }
    for (const ptr of [0, -4, 0.5, 2 ** 53, Number.NaN, null, "4096", undefined]) {
      expect(() => withData({ ptr })).toThrow(refused("w.data", "w.data"));
    }
  });

  test("that parameters share, by both their names", () => {
    using data = memory.alloc(1024);
    const make = (second: bigint) =>
      new Optimizer(
        [
          {
            optimizer: adamw(),
            params: [data.ptr, second].map((ptr, i) => ({
              name: `w${i}`,
              shape: [64],
              dtype: "float32" as const,
              data: ptr,
            })),
          },
        ],
        { device },
      );
    expect(() => make(data.ptr + 252n)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_ALIAS", message: expect.stringMatching(/w1.*w0/) }),
    );
    make(data.ptr + 256n).dispose();
  });

  test("once the optimizer is disposed of", () => {
    using data = memory.alloc(256);
    const optimizer = withData(data);
    optimizer.dispose();
    for (const use of [
      () => optimizer.step(),
      () => optimizer.synchronize(),
      () => optimizer.poll(),
      () => optimizer.launches,
      () => optimizer.recordEvent(1n),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "ERR_LEAN_DISPOSED" }));
    }
  });

  test("of which too little is left while a program is built: nothing stays behind", () => {
    const data = memory.fromHost(new Float32Array(64 * 48).fill(1));
    const make = () =>
      new Optimizer(
        [
          {
            optimizer: adamSNSM({ rank: 8 }),
            params: [{ name: "w", shape: [64, 48], dtype: "float32", data: data.ptr }],
          },
        ],
        { device, maxGradNorm: 1 },
      );
    make().dispose();
    const all = 80 * 2 ** 30;
    const free = cuda.freeBytes();
    const weights = bitsOf(data.read(new Float32Array(64 * 48)));
    let refusals = 0;
    try {
      for (let left = 0; ; left += 1024) {
        cuda.limitMemory(all - free + left);
        const before = cuda.freeBytes();
        expect(before).toBe(left);
        try {
          make().dispose();
          break;
        } catch (error) {
          expect(error).toMatchObject({
            code: "ERR_LEAN_OUT_OF_MEMORY",
            message: expect.stringMatching(/could not allocate \d+ bytes .* \d+ of \d+ are free/),
          });
          refusals++;
        }
        expect(cuda.freeBytes()).toBe(before);
      }
    } finally {
      cuda.limitMemory(all);
    }
    // At one allocation after another.
    expect(refusals).toBeGreaterThan(10);
    expect(bitsOf(data.read(new Float32Array(64 * 48)))).toBe(weights);
  });
});

onInterpreter("a machine", () => {
  test.each([
    ["without a device", { LEAN_SIMT_DEVICE: "none" }, "cudaErrorNoDevice"],
    ["whose driver is too old", { LEAN_SIMT_DEVICE: "old-driver" }, "older than CUDA 13.0 needs"],
    [
      "whose architecture is not in the binary",
      { LEAN_SIMT_TARGET: "sm_75" },
      "its architecture is sm_75, and this build has code for",
    ],
  ])(
    "%s is refused by its reason, and the process lives",
    (_, variables, reason) => {
      const { status, stdout, stderr } = runChild("children/absent-device.ts", [], [], variables);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const { optimizer, memory: buffer, absent } = JSON.parse(stdout);
      const expected = {
        name: "LeanError",
        code: "ERR_LEAN_UNSUPPORTED",
        message: expect.stringContaining(reason),
      };
      expect(optimizer).toEqual(expected);
      expect(buffer).toEqual(expected);
      expect(absent).toEqual([{ name: device, reason: expect.stringContaining(reason) }]);
    },
    60_000,
  );
});
