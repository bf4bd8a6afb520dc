/** Memory of the caller's own for the state. */
import { isAnyArrayBuffer } from "node:util/types";
import { DeviceView, isDevicePointer } from "./device-memory.js";
import { isHost } from "./devices.js";
import { LeanError } from "./errors.js";

/** What every dtype's elements can be aligned to. */
const alignment = 8;

/** The memory for a state of the given size that a caller hands over. */
export function checkArenaOn(device: string, state: unknown, bytes: number) {
  return isHost(device) ? checkArena(state, bytes) : checkDeviceArena(device, state, bytes);
}

function checkDeviceArena(device: string, state: unknown, bytes: number): DeviceView {
  if (!isDevicePointer(state)) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `state must be memory of the device ${device}`, {
      parameter: "state",
      value: state,
    });
  }
  const view = new DeviceView(device, state, "float64", bytes / alignment, "state");
  if (view.ptr !== 0n || bytes === 0) return view;
  throw new LeanError("ERR_LEAN_INVALID_ARG", "state must be at an address other than 0", {
    parameter: "state",
    value: state,
  });
}

/**
 * The bytes of what a caller hands over for a state of the given size.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_SHAPE
 */
export function checkArena(state: unknown, bytes: number): Uint8Array {
  if (!ArrayBuffer.isView(state) && !isAnyArrayBuffer(state)) {
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      "state must be an ArrayBuffer, a SharedArrayBuffer, or a view of one",
      { parameter: "state", value: state },
    );
  }
  if (state.byteLength !== bytes) {
    throw new LeanError("ERR_LEAN_SHAPE", `state must be ${bytes} bytes, not ${state.byteLength}`, {
      parameter: "state",
      value: state.byteLength,
    });
  }
  if (!ArrayBuffer.isView(state)) return new Uint8Array(state);
  if (state.byteOffset % alignment !== 0) {
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      `state must start at a multiple of ${alignment} bytes, not at ${state.byteOffset}`,
      { parameter: "state", value: state.byteOffset },
    );
  }
  return new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
}
