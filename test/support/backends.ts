import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "@jest/globals";
import type { Recipe } from "lean-optim";
import type { DeviceName } from "../../lib/devices.js";
import { describeNative, type KernelName } from "../../lib/native.js";

const simt = process.env.LEAN_OPTIM_SIMT_BINARY || join(__dirname, "..", "..", "build/simt.node");

/** The devices that there are to test on: the CUDA code runs on the interpreter where it was built. */
export function backends(): DeviceName[] {
  const present = describeNative().devices.map(({ name }) => name as DeviceName);
  return existsSync(simt) ? [...present, "simt"] : present;
}

/** Those that are no CPU. */
export const cudaBackends = backends().filter((device) => device !== "cpu");

/** `describe.each` of them, which does not take an empty list. */
export function describeOnCuda(name: string, tests: (device: DeviceName) => void): void {
  if (cudaBackends.length > 0) describe.each(cudaBackends)(name, tests);
  else test.skip(`${name}: there is none`, () => {});
}

export function hasKernel(device: string, kernel: KernelName): boolean {
  const found = describeNative(device).devices.find(({ name }) => name === device);
  return found?.kernels.includes(kernel) ?? false;
}

/** Whether a device has the kernels of a recipe: its projector's, since it has all others. */
export function hasKernelsOf({ momentum }: Recipe, device: string): boolean {
  const { projector } = momentum as { projector?: { kind: string } };
  return projector?.kind !== "svd" || hasKernel(device, "svdBasis");
}
