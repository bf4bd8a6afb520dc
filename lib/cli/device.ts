/** The `--device` of the commands. */
import { requireDevice } from "../devices.js";
import { LeanError } from "../errors.js";
import { type DeviceDescription, describeNative } from "../native.js";

/** @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNSUPPORTED with the reason, ERR_LEAN_NO_BINARY */
export function requirePresent(name: string): DeviceDescription {
  requireDevice("--device", name);
  const { devices, absent } = describeNative(name);
  const found = devices.find((device) => device.name === name);
  if (found !== undefined) return found;
  const reason =
    absent.find((device) => device.name === name)?.reason ?? "the addon was built without it";
  throw new LeanError("ERR_LEAN_UNSUPPORTED", `there is no device ${name}: ${reason}`, {
    parameter: "--device",
    value: name,
  });
}
