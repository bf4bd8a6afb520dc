import { gaussians } from "../../../test/oracle/random.js";

/** A prime, so that nothing that kernels count in divides it. */
const period = 16381;

let stream: Float64Array | undefined;

/**
 * Normally distributed numbers of mean 0 and variance 1: a run of one periodic stream, from a place
 * that differs for every seed. Cheap, for tensors of any size.
 */
export function noise(count: number, seed: number): Float64Array {
  stream ??= gaussians(period, 1);
  const values = new Float64Array(count);
  const start = (seed * 7919) % period;
  for (let i = 0; i < count; i++) values[i] = stream[(start + i) % period];
  return values;
}
