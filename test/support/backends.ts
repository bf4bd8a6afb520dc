import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DeviceName } from "../../lib/devices.js";
import { describeNative } from "../../lib/native.js";

const simt = process.env.LEAN_OPTIM_SIMT_BINARY || join(__dirname, "..", "..", "build/simt.node");

/** The devices that there are to test on: the CUDA code runs on the interpreter where it was built. */
export function backends(): DeviceName[] {
  const present = describeNative().devices.map(({ name }) => name as DeviceName);
  return existsSync(simt) ? [...present, "simt"] : present;
}

/** Those that are no CPU. */
export const cudaBackends = backends().filter((device) => device !== "cpu");
