import { uniforms } from "../../../test/oracle/random.js";

/** `count` different line numbers below `limit`, ascending. */
export function someLines(limit: number, count: number, seed: number): number[] {
  const keys = uniforms(limit, seed);
  const order = Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b]);
  return order.slice(0, count).sort((a, b) => a - b);
}

/** Puts numbers into another order. */
export function shuffle(lines: number[], seed: number): void {
  const keys = uniforms(lines.length, seed + 1);
  const places = new Map(lines.map((line, i) => [line, keys[i]]));
  lines.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}
