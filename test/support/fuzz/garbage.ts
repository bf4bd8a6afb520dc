import type { Draw } from "./draw.js";

function detached(): Float32Array {
  const array = new Float32Array(16);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const numbers = [
  0,
  -0,
  1,
  2,
  3,
  7,
  64,
  -1,
  0.5,
  1e300,
  -1e300,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 60,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
];

/** Anything that JavaScript can hand to a function. */
export function garbage(draw: Draw, depth = 0): unknown {
  const nested = () => (depth > 2 ? null : garbage(draw, depth + 1));
  const makers: (() => unknown)[] = [
    () => draw.one(numbers),
    () => draw.one(["", "cpu", "state", "float32", "denseStep", "\u0000", "x".repeat(1000)]),
    () => draw.one([null, undefined, true, false]),
    () => draw.one([0n, -1n, 2n ** 64n]),
    () => Symbol("garbage"),
    () => () => nested(),
    () => [nested(), nested()],
    () => new Array(draw.one([0, 1, 5])),
    () => ({ place: nested(), slot: nested(), offset: nested(), dtype: nested(), shape: nested() }),
    () => ({ kernel: nested(), items: nested() }),
    () => new Float32Array(draw.integer(0, 40)),
    () => new Uint8Array(new ArrayBuffer(64), draw.integer(0, 9), 16),
    () => new BigInt64Array(8),
    () => Int32Array.of(0, draw.integer(-1, 3)),
    () => BigUint64Array.of(4096n, draw.one([0n, 2n ** 64n - 1n])),
    () => new DataView(new ArrayBuffer(32)),
    () => new ArrayBuffer(draw.integer(0, 99)),
    () => new SharedArrayBuffer(32),
    detached,
    () => new Date(0),
    () => new Map([[1, 2]]),
    () =>
      new Proxy(
        {},
        {
          get() {
            throw new Error("no property for you");
          },
        },
      ),
    () => ({
      get shape() {
        throw new Error("no shape for you");
      },
    }),
    () => Object.create(null),
  ];
  return draw.one(makers)();
}

/** A copy of a tree of objects and arrays in which some values are garbage. */
export function spoiled(value: unknown, draw: Draw, probability: number): unknown {
  if (draw.chance(probability)) return garbage(draw);
  if (Array.isArray(value)) return value.map((entry) => spoiled(entry, draw, probability));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, spoiled(entry, draw, probability)]),
  );
}
