/**
 * Finds and loads the addon, on first use: importing the library costs nothing and cannot fail for
 * want of a binary, so a program can still say what is wrong.
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { LeanError } from "./errors.js";
import { packageRoot } from "./package-root.js";

const load = createRequire(__filename);
let loaded: { readonly file: string; readonly exports: unknown } | undefined;

/** `LEAN_OPTIM_BINARY`, else a build of this checkout, else the prebuilt binary that fits. */
function findBinding(): string {
  const chosen = process.env.LEAN_OPTIM_BINARY;
  if (chosen) return resolve(chosen);
  return load("node-gyp-build").resolve(packageRoot());
}

function noBinary(file: string | undefined, cause: unknown): LeanError {
  const { platform, arch, versions } = process;
  const machine = `${platform}-${arch}, Node ${versions.node}`;
  const problem = file
    ? `The native addon ${file} cannot be loaded on this machine (${machine})`
    : `There is no native addon for this machine (${machine})`;
  // Without the require stack, which leads nowhere but here.
  const [reason] = (cause instanceof Error ? cause.message : String(cause)).split(
    /\s*Require stack:/,
  );
  const remedy = process.env.LEAN_OPTIM_BINARY
    ? "LEAN_OPTIM_BINARY names it: unset that to use the usual one."
    : 'Build it with "npx lean-optim build"; that takes CMake, a C++20 compiler and OpenBLAS.';
  return new LeanError("ERR_LEAN_NO_BINARY", `${problem}: ${reason?.trim()}\n${remedy}`, { cause });
}

function binding() {
  if (loaded) return loaded;
  let file: string | undefined;
  try {
    file = findBinding();
    loaded = { file, exports: load(file) };
  } catch (cause) {
    throw noBinary(file, cause);
  }
  return loaded;
}

/** What the addon exports. */
export function loadBinding(): unknown {
  return binding().exports;
}

/** The file that the addon was loaded from. */
export function bindingFile(): string {
  return binding().file;
}
