/** The devices by name. */
import { requireOneOf } from "./options.js";

/** `simt` runs the CUDA code on an interpreter: for tests, where it was built (docs/simt.md). */
export const deviceNames = ["cpu", "cuda", "simt"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** @throws LeanError ERR_LEAN_INVALID_ARG */
export function requireDevice(option: string, value: unknown): asserts value is DeviceName {
  if (value === "simt") return;
  requireOneOf(option, value, ["cpu", "cuda"]);
}

/** Whether arrays of JavaScript are memory of the device. */
export function isHost(device: string): boolean {
  return device === "cpu";
}
