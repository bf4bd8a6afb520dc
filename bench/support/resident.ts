/** Resident memory of this process, from /proc (Linux). */

import { readFileSync, writeFileSync } from "node:fs";

function kibibytes(file: string, field: string): number {
  const [, value] =
    new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "utf8")) ?? [];
  if (value === undefined) throw new Error(`${file} has no ${field}`);
  return Number(value);
}

export function residentBytes(): number {
  return kibibytes("/proc/self/status", "VmRSS") * 1024;
}

/** The most that was resident since {@link forgetPeak}. */
export function peakBytes(): number {
  return kibibytes("/proc/self/status", "VmHWM") * 1024;
}

export function forgetPeak(): void {
  writeFileSync("/proc/self/clear_refs", "5");
}

/** Bytes of the pages that `run` reads or writes, resident before it or not. */
export function touchedBytes(run: () => void): number {
  writeFileSync("/proc/self/clear_refs", "1");
  run();
  return kibibytes("/proc/self/smaps_rollup", "Referenced") * 1024;
}
