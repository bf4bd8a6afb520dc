/** `lean-optim build`: the addon from source. */
import { join } from "node:path";
import { LeanError } from "../errors.js";
import { packageRoot } from "../package-root.js";
import { asksForHelp, type Command, exitCode } from "./command.js";

const usage = `Usage: lean-optim build [options]

Builds the native addon with CMake, a C++20 compiler and OpenBLAS.

  --debug        without optimization, with symbols
  --shipped      for every supported system, OpenBLAS inside, rather than for this machine
  --to <folder>  where the addon goes                     (build/Release)
  --help         print this

Environment: CXX, LEAN_BLAS (STATIC, SHARED, AUTO), LEAN_JOBS (compilers at once).`;

interface NativeBuild {
  readonly BuildError: new () => Error;
  /** Returns the addon's path. */
  main(argv: readonly string[]): string;
}

export const buildCommand: Command = async (argv) => {
  if (asksForHelp(argv)) {
    console.log(usage);
    return exitCode.ok;
  }
  const native = require(join(packageRoot(), "scripts", "build-native.cjs")) as NativeBuild;
  try {
    console.log(`built ${native.main(argv)}`);
    return exitCode.ok;
  } catch (error) {
    if (!(error instanceof native.BuildError)) throw error;
    throw new LeanError("ERR_LEAN_UNSUPPORTED", error.message, { cause: error });
  }
};
