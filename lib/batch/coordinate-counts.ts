/** How noisy the coordinates of a gradient are, as the kernel `coordinateNoise` counts them. */

/** csrc/math/coordinate-noise.h: bins a quarter of a binade wide, by the bits of a float. */
export const noiseBins = 1024;

/** The first bin of what is no number; infinity's is the one before. */
export const firstNaN = (0x7f800000 >> 21) + 1;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** What is below it is in this bin or one before: +Infinity for what has no number above. */
export function binEdge(bin: number): number {
  bits[0] = (bin + 1) << 21;
  const edge = float[0] as number;
  return Number.isNaN(edge) || bits[0] >= 0x7f800000 ? Number.POSITIVE_INFINITY : edge;
}

/**
 * The noise that a share of the coordinates is below, up to the width of a bin; NaN where there are no
 * coordinates, or some are not finite.
 */
export function noiseQuantile(counts: ArrayLike<number>, share: number): number {
  const all = Array.from(counts);
  const total = all.reduce((sum, count) => sum + count, 0);
  const isBroken = all.slice(firstNaN).some((count) => count > 0);
  if (total === 0 || isBroken) return Number.NaN;
  let below = 0;
  const bin = all.findIndex((count) => {
    below += count;
    return below >= share * total;
  });
  return binEdge(bin);
}
