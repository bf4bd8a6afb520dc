import { type RandomKey, randomBits } from "./random-stream.js";

/**
 * `count` of `limit` lines, ascending: those with the smallest keys, each a function of the line's
 * number and of (seed, stream, calls).
 */
export function uniformLines(limit: number, count: number, key: RandomKey): number[] {
  const keys = randomBits(limit, key);
  const order = Array.from(keys.keys()).sort((a, b) => compare(keys[a], keys[b]) || a - b);
  return order.slice(0, count).sort((a, b) => a - b);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
