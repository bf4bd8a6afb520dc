/** Reproducible inputs for tests: a small generator with a seed, independent of the library's. */

/** Numbers in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
export function uniforms(count: number, seed: number): Float64Array {
  let state = seed | 0;
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  });
}

/** Normally distributed numbers of mean 0 and variance 1 (Box & Muller 1958). */
export function gaussians(count: number, seed: number): Float64Array {
  const uniform = uniforms(2 * count, seed);
  return Float64Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform[2 * i]));
    return radius * Math.cos(2 * Math.PI * uniform[2 * i + 1]);
  });
}
