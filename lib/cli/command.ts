/** What the commands have in common: their flags, and `--help`. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { LeanError } from "../errors.js";
import { didYouMean } from "../nearest.js";

/** Takes the arguments after its name; resolves to the exit code. */
export type Command = (argv: readonly string[]) => Promise<number>;

/** Exit codes: all is well; what was checked is wrong; the command itself could not be carried out. */
export const exitCode = { ok: 0, failed: 1, refused: 2 } as const;

type Flags = NonNullable<ParseArgsConfig["options"]>;

type Values<F extends Flags> = ReturnType<typeof parseArgs<{ options: F }>>["values"];

export interface CommandDefinition<F extends Flags> {
  /** What `--help` prints. */
  readonly usage: string;
  readonly flags: F;
  run(values: Values<F>): number | Promise<number>;
}

export function command<const F extends Flags>(definition: CommandDefinition<F>): Command {
  const { usage, flags, run } = definition;
  return async (argv) => {
    if (asksForHelp(argv)) {
      console.log(usage);
      return exitCode.ok;
    }
    return run(parseFlags(argv, flags));
  };
}

export function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes("--help") || argv.includes("-h");
}

/** @throws LeanError ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_INVALID_ARG */
export function parseFlags<F extends Flags>(argv: readonly string[], flags: F): Values<F> {
  const args = joinNegativeNumbers(argv, flags);
  refuseUnknown(args, flags);
  try {
    return parseArgs({ args, options: flags }).values as Values<F>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    throw new LeanError("ERR_LEAN_INVALID_ARG", message, { cause: error });
  }
}

/** `--partition -2` as `--partition=-2`, the only way in which parseArgs takes a negative number. */
function joinNegativeNumbers(argv: readonly string[], flags: Flags): string[] {
  const args: string[] = [];
  for (const argument of argv) {
    const previous = args.at(-1);
    const takesValue = previous?.startsWith("--") && flags[previous.slice(2)]?.type === "string";
    if (takesValue && /^-\d/.test(argument)) args[args.length - 1] = `${previous}=${argument}`;
    else args.push(argument);
  }
  return args;
}

function refuseUnknown(args: string[], flags: Flags): void {
  const config = { args, options: flags, strict: false, tokens: true } satisfies ParseArgsConfig;
  for (const token of parseArgs(config).tokens) {
    if (token.kind === "positional") {
      throw new LeanError("ERR_LEAN_INVALID_ARG", `unexpected argument ${token.value}`, {
        value: token.value,
      });
    }
    if (token.kind !== "option" || Object.hasOwn(flags, token.name)) continue;
    const known = Object.keys(flags).map((name) => `--${name}`);
    const message = `unknown option ${token.rawName}.${didYouMean(token.rawName, known)}`;
    throw new LeanError("ERR_LEAN_UNKNOWN_OPTION", message, { parameter: token.rawName });
  }
}
