/** How many bytes an optimizer keeps, by kind, from shapes alone. */
import { type Layout, stateTensors } from "./layout.js";
import type { StateKind } from "./parts/part.js";

export interface MemoryReport {
  readonly byKind: Readonly<Record<StateKind, number>>;
  /** What aligning tensors to cache lines adds. */
  readonly padding: number;
  /** The arena's size: the sum of the above. */
  readonly total: number;
}

export function memoryReport(layout: Layout): MemoryReport {
  const byKind = { momentum: 0, secondMoment: 0, basis: 0, error: 0, counters: 0 };
  for (const { kind, bytes } of stateTensors(layout)) byKind[kind] += bytes;
  const used = Object.values(byKind).reduce((sum, bytes) => sum + bytes, 0);
  return { byKind, padding: layout.bytes - used, total: layout.bytes };
}
