/** The random numbers of a refresh: functions of (seed, stream, calls) and of their index. */
import { type Matrix, matrix } from "./matrix.js";

/** What random numbers are a function of. */
export interface RandomKey {
  readonly seed: number;
  readonly stream: number;
  readonly calls: number;
}

/** 64 bits for each index from 0 on. */
export function randomBits(count: number, key: RandomKey): bigint[] {
  const hashed = mix(BigInt(key.seed) ^ mix(BigInt(key.stream) ^ mix(BigInt(key.calls))));
  return Array.from({ length: count }, (_, index) => mix(hashed ^ mix(BigInt(index))));
}

/** Standard normal numbers, by Box and Muller's transform of two uniform ones of 53 bits each. */
export function gaussianNoise(rows: number, cols: number, key: RandomKey): Matrix {
  const uniform = randomBits(2 * rows * cols, key).map(
    (bits) => (Number(bits >> 11n) + 0.5) * 2 ** -53,
  );
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, (_, i) => {
      const [first = 0, second = 0] = uniform.slice(2 * i, 2 * i + 2);
      return Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
    }),
  );
}

const word = (x: bigint) => BigInt.asUintN(64, x);

/** The output function of SplitMix64 (Steele, Lea, Flood 2014), its increment included. */
function mix(state: bigint): bigint {
  let z = word(word(state) + 0x9e3779b97f4a7c15n);
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
