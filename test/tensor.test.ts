import { bytesPerElement, numel, weightDType } from "../lib/tensor.js";
import { refusal } from "./support/refusal.js";

test.each([
  [[], 1],
  [[0], 0],
  [[7], 7],
  [[2, 3, 4], 24],
  [[2, 0, 4], 0],
])("%p has %d elements", (shape, count) => {
  expect(numel(shape)).toBe(count);
});

test("bytes of an element are those of its typed array", () => {
  expect(bytesPerElement).toEqual({
    float32: Float32Array.BYTES_PER_ELEMENT,
    bfloat16: Uint16Array.BYTES_PER_ELEMENT,
    float16: Uint16Array.BYTES_PER_ELEMENT,
    float64: Float64Array.BYTES_PER_ELEMENT,
    int32: Int32Array.BYTES_PER_ELEMENT,
    int64: BigInt64Array.BYTES_PER_ELEMENT,
  });
});

/** What Node gives under that name from version 24 on; for the library its tag is what counts. */
class Float16Array extends Uint16Array {
  override get [Symbol.toStringTag](): never {
    return "Float16Array" as never;
  }
}

test.each([
  [new Float32Array(1), undefined, "float32"],
  [new Float32Array(1), "float32", "float32"],
  [new Uint16Array(1), "bfloat16", "bfloat16"],
  [new Uint16Array(1), "float16", "float16"],
  [new Float16Array(1), undefined, "float16"],
  [new Float16Array(1), "float16", "float16"],
] as const)("%p as %p is %s", (array, dtype, found) => {
  expect(weightDType(array, dtype, "w")).toBe(found);
});

test.each([
  [new Float32Array(1), "bfloat16"],
  [new Uint16Array(1), "float32"],
  [new Float16Array(1), "bfloat16"],
  [new Float32Array(1), "int32"],
])("%p as %p is refused", (array, dtype) => {
  expect(() => weightDType(array, dtype as never, "w")).toThrow(
    refusal("ERR_LEAN_DTYPE", "w", dtype),
  );
});

test.each([new Float64Array(1), new Uint8Array(4), [1], null, 5n, "array"])(
  "%p carries no weights",
  (array) => {
    expect(() => weightDType(array, undefined, "w")).toThrow(refusal("ERR_LEAN_DTYPE", "w", array));
  },
);

test("bits alone could be either 16-bit type", () => {
  expect(() => weightDType(new Uint16Array(1), undefined, "w")).toThrow(
    'w: a Uint16Array needs dtype: "bfloat16" or "float16"',
  );
});
