import type { Optimizer, StateDict } from "lean-optim";

type Bits = string;

/** All bytes of an array, for comparisons to the last bit: 0 is not −0, and NaN equals itself. */
export function bitsOf(array: ArrayBufferView): Bits {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

export function stateBits(state: StateDict): Record<string, Bits> {
  return Object.fromEntries(
    Object.entries(state).map(([name, { data, dtype, shape }]) => [
      name,
      `${dtype} [${shape}] ${bitsOf(data)}`,
    ]),
  );
}

/** Everything that a step changes: weights, state, and the number of steps. */
export function snapshot(
  optimizer: Optimizer,
  weights: readonly ArrayBufferView[],
): { weights: Bits[]; state: Record<string, Bits> } {
  return { weights: weights.map(bitsOf), state: stateBits(optimizer.stateDict()) };
}

/** Calls `act`, which must throw that error and leave weights and state as they were, to the bit. */
export function expectRefused(
  optimizer: Optimizer,
  weights: readonly ArrayBufferView[],
  act: () => unknown,
  expected: Error,
): void {
  const before = snapshot(optimizer, weights);
  expect(act).toThrow(expected);
  expect(snapshot(optimizer, weights)).toEqual(before);
}
