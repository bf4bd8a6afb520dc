/**
 * Finds and loads the addon, on first use: importing the library costs nothing and cannot fail for
 * want of a binary, so a program can still say what is wrong.
 */
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { LeanError } from "./errors.js";
import { packageRoot } from "./package-root.js";

const load = createRequire(__filename);
/** What is loaded: the addon, and the one of tests whose CUDA device is an interpreter. */
const loaded = new Map<BindingKind, { readonly file: string; readonly exports: unknown }>();

export type BindingKind = "addon" | "simt";

/** The variable that names a file to be taken instead. */
const chosenBy: Readonly<Record<BindingKind, string>> = {
  addon: "LEAN_OPTIM_BINARY",
  simt: "LEAN_OPTIM_SIMT_BINARY",
};

const remedies: Readonly<Record<BindingKind, string>> = {
  addon: 'Build it with "npx lean-optim build"; that takes CMake, a C++20 compiler and OpenBLAS.',
  simt: 'It is for tests alone. Build it in a checkout: "node scripts/build-native.cjs --simt".',
};

/** The environment's choice, else a build of this checkout, else the prebuilt binary that fits. */
function findBinding(kind: BindingKind): string {
  const chosen = process.env[chosenBy[kind]];
  if (chosen) return resolve(chosen);
  if (kind === "simt") return join(packageRoot(), "build", "simt.node");
  return load("node-gyp-build").resolve(packageRoot());
}

function noBinary(kind: BindingKind, file: string | undefined, cause: unknown): LeanError {
  const { platform, arch, versions } = process;
  const machine = `${platform}-${arch}, Node ${versions.node}`;
  const problem = file
    ? `The native addon ${file} cannot be loaded on this machine (${machine})`
    : `There is no native addon for this machine (${machine})`;
  // Without the require stack, which leads nowhere but here.
  const [reason] = (cause instanceof Error ? cause.message : String(cause)).split(
    /\s*Require stack:/,
  );
  const variable = chosenBy[kind];
  const remedy = process.env[variable]
    ? `${variable} names it: unset that to use the usual one.`
    : remedies[kind];
  return new LeanError("ERR_LEAN_NO_BINARY", `${problem}: ${reason?.trim()}\n${remedy}`, { cause });
}

function binding(kind: BindingKind) {
  let found = loaded.get(kind);
  if (found) return found;
  let file: string | undefined;
  try {
    file = findBinding(kind);
    found = { file, exports: load(file) };
  } catch (cause) {
    throw noBinary(kind, file, cause);
  }
  loaded.set(kind, found);
  return found;
}

/** What the addon exports. */
export function loadBinding(kind: BindingKind = "addon"): unknown {
  return binding(kind).exports;
}

/** The file that the addon was loaded from. */
export function bindingFile(kind: BindingKind = "addon"): string {
  return binding(kind).file;
}
