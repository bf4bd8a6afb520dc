/** The `lean-optim` command. */
import { LeanError } from "../errors.js";
import { didYouMean } from "../nearest.js";
import { version } from "../version.js";
import { asksForHelp, type Command, exitCode } from "./command.js";

interface Entry {
  readonly summary: string;
  /** Loaded when it is asked for: a command costs nothing to the others and cannot break them. */
  load(): Command;
}

const commands: Readonly<Record<string, Entry>> = {
  info: {
    summary: "what this installation is made of, and what is missing and why",
    load: () => (require("./info.js") as typeof import("./info.js")).infoCommand,
  },
  memory: {
    summary: "bytes of state of a model under an optimizer, against Adam",
    load: () => (require("./memory.js") as typeof import("./memory.js")).memoryCommand,
  },
  verify: {
    summary: "kernels against their float64 oracles, and recorded trajectories",
    load: () => (require("./verify.js") as typeof import("./verify.js")).verifyCommand,
  },
  bench: {
    summary: "how long a step of the main optimizers takes on this machine",
    load: () => (require("./bench.js") as typeof import("./bench.js")).benchCommand,
  },
  build: {
    summary: "build the native addon from source",
    load: () => (require("./build.js") as typeof import("./build.js")).buildCommand,
  },
};

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2;
  const lines = Object.entries(commands).map(([name, { summary }]) => name.padEnd(width) + summary);
  return `Usage: lean-optim <command> [options]

  ${lines.join("\n  ")}
  ${"help".padEnd(width)}this, or with a command's name what it takes

  --version   print the version
  --help      print this; after a command, what it takes`;
}

/** Runs the command that the arguments name; resolves to the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await dispatch(argv);
  } catch (error) {
    if (!(error instanceof LeanError)) throw error;
    console.error(`lean-optim: ${error.message}`);
    return exitCode.refused;
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined) {
    console.error(usage());
    return exitCode.refused;
  }
  if (name === "--version" || name === "-v") {
    console.log(version);
    return exitCode.ok;
  }
  const isHelp = name === "help" || asksForHelp([name]);
  if (!isHelp) return find(name).load()(rest);
  const [topic] = rest;
  if (topic !== undefined) return find(topic).load()(["--help"]);
  console.log(usage());
  return exitCode.ok;
}

function find(name: string): Entry {
  if (Object.hasOwn(commands, name)) return commands[name];
  const known = name.startsWith("-") ? ["--version", "--help"] : [...Object.keys(commands), "help"];
  const what = name.startsWith("-") ? "option" : "command";
  throw new LeanError(
    "ERR_LEAN_UNKNOWN_NAME",
    `unknown ${what} ${name}.${didYouMean(name, known)}`,
    {
      parameter: what,
      value: name,
    },
  );
}
