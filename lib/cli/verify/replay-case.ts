import type { KernelName } from "../../native.js";
import { isTensor, type KernelCase, sequenceCase, type TestItem } from "./kernel-case.js";
import { bytesOf } from "./worst.js";

/** What random numbers are a function of, beside an element's number. */
export interface RandomKey {
  readonly seed: number;
  readonly stream: number;
  readonly calls: number;
}

const key: RandomKey = { seed: 5, stream: 7, calls: 11 };

const others: readonly RandomKey[] = [
  { ...key, seed: 6 },
  { ...key, stream: 8 },
  { ...key, calls: 12 },
];

/**
 * Random numbers are a function of (seed, stream, calls): the same again for the same, others where
 * any of them differs. `field` is where they show.
 */
export function replayCase(
  kernel: KernelName,
  field: string,
  make: (key: RandomKey) => TestItem,
): KernelCase {
  const calls = () => [key, key, ...others].map((each) => [make(each)]);
  return sequenceCase(kernel, `random numbers are replayed: ${field}`, calls, (worst, made) => {
    const [first, again, ...different] = made.map(([item]) => {
      const tensor = item.fields[field];
      return isTensor(tensor) ? bytesOf(tensor.data) : Buffer.alloc(0);
    });
    worst.holds(`${field} comes out differently the second time`, first.equals(again));
    different.forEach((bytes, i) => {
      const changed = JSON.stringify(others[i]);
      worst.holds(`${field} is the same with ${changed}`, !first.equals(bytes));
    });
  });
}
