import { describe, expect, test } from "@jest/globals";

import { uniforms } from "./random.js";
import {
  bracketBfloat16,
  bracketFloat16,
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
} from "./rounding.js";

const everyPattern = Array.from({ length: 0x10000 }, (_, bits) => bits);

describe.each([
  ["bfloat16", encodeBfloat16, decodeBfloat16],
  ["float16", encodeFloat16, decodeFloat16],
])("%s", (_, encode, decode) => {
  test("every pattern that is a number survives a round trip", () => {
    const wrong = everyPattern.filter((bits) => {
      const value = decode(bits);
      return Number.isNaN(value) ? !Number.isNaN(decode(encode(value))) : encode(value) !== bits;
    });
    expect(wrong).toEqual([]);
  });

  test("values increase with their bits", () => {
    const values = everyPattern.slice(0, 0x8000).map(decode);
    const numbers = values.filter((value) => !Number.isNaN(value));
    expect(numbers.every((value, i) => i === 0 || value > numbers[i - 1])).toBe(true);
  });
});

test.each([
  [1, 0x3f80],
  [-2, 0xc000],
  [0, 0],
  [-0, 0x8000],
  [Number.POSITIVE_INFINITY, 0x7f80],
  [1 + 2 ** -8, 0x3f80], // a tie goes to the even neighbour, below
  [1 + 3 * 2 ** -8, 0x3f82], // and above
  [1 + 2 ** -8 + 2 ** -40, 0x3f81], // no tie: not first rounded to float32
  [2 ** -133, 1], // the smallest subnormal number
  [2 ** -134, 0],
  [3.4e38, 0x7f80], // the nearest is infinity
  [decodeBfloat16(0x7f7f), 0x7f7f],
])("bfloat16 of %p", (value, bits) => {
  expect(encodeBfloat16(value)).toBe(bits);
});

test.each([
  [1, 0x3c00],
  [65504, 0x7bff],
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [2 ** -24, 1],
  [2 ** -25, 0],
  [2 ** -25 + 2 ** -50, 1],
  [1023.5 * 2 ** -24, 0x400], // carries from the subnormal numbers into the normal ones
  [-0.333251953125, 0xb555],
])("float16 of %p", (value, bits) => {
  expect(encodeFloat16(value)).toBe(bits);
});

test("the bfloat16 of a float32 is what adding half a unit to its bits gives", () => {
  const word = new Uint32Array(1);
  const value = new Float32Array(word.buffer);
  const wrong = uniforms(20000, 7).filter((u) => {
    word[0] = Math.floor(u * 0x7f7f0000);
    const bits = word[0];
    return encodeBfloat16(value[0]) !== (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  });
  expect(wrong).toHaveLength(0);
});

test("a bracket holds the value between neighbours", () => {
  expect(bracketBfloat16(1)).toEqual([1, 1]);
  expect(bracketBfloat16(1.001)).toEqual([1, 1 + 2 ** -7]);
  expect(bracketBfloat16(-1.001)).toEqual([-1 - 2 ** -7, -1]);
  expect(bracketBfloat16(1.0079)).toEqual([1 + 2 ** -7, 1 + 2 ** -6]);
  expect(bracketFloat16(2 ** -26)).toEqual([0, 2 ** -24]);
});
