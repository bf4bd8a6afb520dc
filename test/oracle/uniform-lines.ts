/** What random numbers are a function of. */
export interface RandomKey {
  readonly seed: number;
  readonly stream: number;
  readonly calls: number;
}

/**
 * `count` of `limit` lines, ascending: those with the smallest keys, each a function of the line's
 * number and of (seed, stream, calls).
 */
export function uniformLines(limit: number, count: number, key: RandomKey): number[] {
  const hashed = mix(BigInt(key.seed) ^ mix(BigInt(key.stream) ^ mix(BigInt(key.calls))));
  const keys = Array.from({ length: limit }, (_, line) => mix(hashed ^ mix(BigInt(line))));
  const order = Array.from(keys.keys()).sort((a, b) => compare(keys[a], keys[b]) || a - b);
  return order.slice(0, count).sort((a, b) => a - b);
}

const word = (x: bigint) => BigInt.asUintN(64, x);

/** The output function of SplitMix64 (Steele, Lea, Flood 2014), its increment included. */
function mix(state: bigint): bigint {
  let z = word(word(state) + 0x9e3779b97f4a7c15n);
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
