/** Everything that can be verified, as a list. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { asIoError } from "../../file.js";
import { describeNative, type KernelName } from "../../native.js";
import { SafetensorsReader } from "../../safetensors.js";
import { type GoldenCase, goldenCase } from "../golden-cases.js";
import { replayGolden } from "./golden-replay.js";
import type { KernelCase } from "./kernel-case.js";
import { kernelCases } from "./kernel-cases.js";

/** What a check came to: it passed when `error` is at most `tolerance`. */
export interface Measured {
  readonly error: number;
  readonly tolerance: number;
  /** What was worst. */
  readonly detail: string;
}

export interface Check {
  /** A golden file, or a kernel. */
  readonly file: string;
  /** Whose trajectory it is, or "kernel". */
  readonly system: string;
  readonly variant: string;
  /** Why there is nothing to run. */
  readonly skip?: string;
  run(): Measured;
}

/** Every case of every kernel. */
export function kernelChecks(device: string): Check[] {
  const present = kernelsOf(device);
  return kernelCases().flatMap(({ kernel, cases }) =>
    cases.map((kernelCase) => kernelCheck(kernel, kernelCase, device, present)),
  );
}

function kernelsOf(device: string): readonly string[] {
  const { devices } = describeNative(device);
  return devices.find(({ name }) => name === device)?.kernels ?? [];
}

function missing(device: string, kernel: KernelName): string {
  return `the device ${device} does not have the kernel ${kernel}`;
}

function kernelCheck(
  kernel: KernelName,
  { name, run }: KernelCase,
  device: string,
  present: readonly string[],
): Check {
  return {
    file: kernel,
    system: "kernel",
    variant: name,
    ...(!present.includes(kernel) && { skip: missing(device, kernel) }),
    run: () => run(device),
  };
}

/**
 * Every golden file in a folder. One that cannot be read is a check that fails.
 *
 * @throws LeanError ERR_LEAN_IO where there is no such folder
 */
export function goldenChecks(folder: string, device: string): Check[] {
  return listFolder(folder)
    .filter((file) => file.endsWith(".safetensors"))
    .sort()
    .map((file) => goldenCheck(folder, file, device));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw asIoError(`cannot read ${folder}`, folder, error);
  }
}

function goldenCheck(folder: string, file: string, device: string): Check {
  const path = join(folder, file);
  let described: GoldenCase;
  try {
    described = withReader(path, ({ metadata }) => goldenCase(metadata));
  } catch (error) {
    return unreadable(file, error);
  }
  const { system, variant, tolerance } = described;
  const present = kernelsOf(device);
  const lacking = kernelsFor(described).find((kernel) => !present.includes(kernel));
  const skip = described.skip ?? (lacking === undefined ? undefined : missing(device, lacking));
  const replay = (reader: SafetensorsReader) => replayGolden(reader, device, described);
  return {
    file,
    system,
    variant,
    ...(skip !== undefined && { skip }),
    run: () => ({ ...withReader(path, replay), tolerance }),
  };
}

/** The kernels that a replay takes and that not every device need have. */
function kernelsFor({ recipe, given }: GoldenCase): KernelName[] {
  if (recipe?.moment1 === "ldadam") return ["ldadamStep", "svdBasis"];
  if (recipe?.moment1 === "lowRank") return ["lowRankStep", "adoptBasis"];
  if (recipe?.moment1 === "orthogonal") return ["orthogonalStep"];
  if (recipe?.moment1 !== "subspace") return ["denseStep"];
  if (given !== null) {
    return given === "index" ? ["lineStep", "adoptLines"] : ["subspaceStep", "adoptBasis"];
  }
  switch (recipe.projector) {
    case "topK":
      return ["lineStep", "topKLines"];
    case "uniform":
      return ["lineStep", "uniformLines"];
    default:
      return ["subspaceStep", "svdBasis"];
  }
}

function unreadable(file: string, error: unknown): Check {
  const run = () => {
    throw error;
  };
  return { file, system: "unreadable", variant: "unknown", run };
}

function withReader<T>(path: string, use: (reader: SafetensorsReader) => T): T {
  const reader = SafetensorsReader.open(path);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}
