/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * A small seeded generator (mulberry32): the same seed gives the same numbers on every machine,
 * which is what lets several optimizers see one initialisation and one sequence of batches.
 *
 * `stream` separates uses of one seed (initialisation, batches, ...) from each other.
 */
export function seededRandom(seed: number, stream = 0): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `size` independent normal numbers of mean 0 (Box-Muller, both numbers of each pair used). */
export function normalArray(random: Random, size: number, deviation: number): Float32Array {
  return addNormal(random, new Float32Array(size), deviation);
}

/** Adds such numbers to `values`. */
export function addNormal(random: Random, values: Float32Array, deviation: number): Float32Array {
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = (values[i] as number) + radius * Math.cos(angle);
    if (i + 1 < values.length) {
      values[i + 1] = (values[i + 1] as number) + radius * Math.sin(angle);
    }
  }
  return values;
}
