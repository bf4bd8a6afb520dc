/** `lean-optim info`: what this installation is made of. */
import { availableParallelism, cpus } from "node:os";
import { bindingFile } from "../binding.js";
import { isHost } from "../devices.js";
import { type ErrorCode, LeanError } from "../errors.js";
import {
  type AbsentDevice,
  describeLibraries,
  describeNative,
  kernelNames,
  type LibraryDescription,
} from "../native.js";
import { version } from "../version.js";
import { command, exitCode } from "./command.js";
import { definitions } from "./text.js";

const usage = `Usage: lean-optim info [options]

Prints versions, the processor, the native addon and what it can do here; where the addon cannot be
loaded, why.

  --json   print JSON
  --help   print this`;

interface DeviceInfo {
  readonly name: string;
  /** What runs are bit-equal within, as checkpoints record it: instruction set / BLAS core. */
  readonly kind: string;
  readonly instructionSet: string;
  /** OpenBLAS's kernels, on the CPU. */
  readonly blas: string | null;
  readonly kernels: readonly string[];
  readonly missingKernels: readonly string[];
  /** Opened when they are needed, or now. */
  readonly libraries: readonly LibraryDescription[];
}

interface AddonInfo {
  readonly file: string;
  /** Threads of a step. */
  readonly threads: number;
  readonly devices: readonly DeviceInfo[];
  /** What this machine lacks, and why. */
  readonly absent: readonly AbsentDevice[];
}

export interface Info {
  readonly version: string;
  readonly node: string;
  readonly nodeApi: string | undefined;
  readonly platform: string;
  readonly processor: string;
  readonly processors: number;
  /** null where it cannot be loaded. */
  readonly addon: AddonInfo | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

function describeAddon(): Pick<Info, "addon" | "error"> {
  try {
    const { threads, devices, absent } = describeNative();
    const described = devices.map(({ name, kind, kernels }): DeviceInfo => {
      const [first, second = "unknown"] = kind.split("/");
      const [instructionSet, blas] = isHost(name) ? [first, second] : [second, null];
      const missingKernels = kernelNames.filter((kernel) => !kernels.includes(kernel));
      const libraries = describeLibraries(name);
      return { name, kind, instructionSet, blas, kernels, missingKernels, libraries };
    });
    return { addon: { file: bindingFile(), threads, devices: described, absent }, error: null };
  } catch (error) {
    if (!(error instanceof LeanError)) throw error;
    return { addon: null, error: { code: error.code, message: error.message } };
  }
}

export function describeInstallation(): Info {
  return {
    version,
    node: process.versions.node,
    nodeApi: process.versions.napi,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    ...describeAddon(),
  };
}

/** A library by the name that it was opened by, or why it was not. */
export function libraryText({ title, file, failure }: LibraryDescription): string {
  return file === null ? `${title} none: ${failure}` : `${title} ${file}`;
}

function deviceText({
  instructionSet,
  blas,
  kernels,
  missingKernels,
  libraries: opened,
}: DeviceInfo): string {
  const all = kernels.length + missingKernels.length;
  const missing = missingKernels.length === 0 ? "" : `, without ${missingKernels.join(", ")}`;
  const libraries = blas === null ? "" : `, OpenBLAS for ${blas}`;
  return [
    `${instructionSet} kernels${libraries}`,
    `${kernels.length} of ${all} kernels${missing}`,
    ...opened.map(libraryText),
  ].join("\n");
}

function asText({ addon, error, ...info }: Info): string {
  const entries: [string, string][] = [
    ["lean-optim", info.version],
    ["Node", `${info.node} (Node-API ${info.nodeApi}), ${info.platform}`],
    ["processor", `${info.processor}, ${info.processors} available`],
  ];
  if (addon === null) entries.push(["addon", `not loaded\n${error?.message}`]);
  else {
    entries.push(["addon", addon.file], ["threads", `${addon.threads} for each step`]);
    for (const device of addon.devices) entries.push([device.name, deviceText(device)]);
    for (const { name, reason } of addon.absent) entries.push([name, `none: ${reason}`]);
  }
  return definitions(entries);
}

export const infoCommand = command({
  usage,
  flags: { json: { type: "boolean" } },
  run({ json }) {
    const info = describeInstallation();
    console.log(json ? JSON.stringify(info, null, 2) : asText(info));
    return exitCode.ok;
  },
});
