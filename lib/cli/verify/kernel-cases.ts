import { type KernelName, kernelNames } from "../../native.js";
import type { KernelCase } from "./kernel-case.js";

/** Every kernel's cases, from the file named after it. */
export function kernelCases(): { readonly kernel: KernelName; readonly cases: KernelCase[] }[] {
  return kernelNames.map((kernel) => {
    const module = require(`./kernels/${stemOf(kernel)}.js`) as { readonly cases: KernelCase[] };
    return { kernel, cases: module.cases };
  });
}

/** A kernel's name as files have it: denseStep, dense-step. */
export function stemOf(kernel: KernelName): string {
  return kernel.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
