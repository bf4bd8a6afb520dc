/** The counts that live with a parameter's state (csrc/core/step-scalars.h), read back. */
import type { PlannedWeight } from "./layout.js";
import { counterNames, type NativeProgram } from "./native.js";

/** Counts of one parameter, or of one matrix of a batched one. */
export type CounterReport = Record<Exclude<(typeof counterNames)[number], "reserved">, number>;

/** One report for each matrix of the weight. */
export function readCounters(program: NativeProgram, { state }: PlannedWeight): CounterReport[] {
  const tensor = state.get("counters");
  if (tensor === undefined) return [];
  const raw = program.readState(tensor.offset, new BigInt64Array(tensor.bytes / 8));
  const count = counterNames.length;
  return Array.from({ length: raw.length / count }, (_, matrix) => {
    const entries = counterNames
      .filter((key) => key !== "reserved")
      .map((key, i) => [key, Number(raw[matrix * count + i])]);
    return Object.fromEntries(entries) as CounterReport;
  });
}
