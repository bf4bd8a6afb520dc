// What the scripts share. Node alone, nothing installed: the first of them runs before `npm ci`.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** A failure that its message explains: printed without a stack. */
export class Stop extends Error {}

export function heading(text) {
  console.log(`\n\x1b[1m${text}\x1b[0m`);
}

/** Runs a command with its output shown, or of it only the errors; its exit status. */
export function run(command, args, { env = {}, hideOutput = false } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["inherit", hideOutput ? "ignore" : "inherit", "inherit"],
    env: { ...process.env, ...env },
    shell: process.platform === "win32",
  });
  if (error) throw new Stop(`${command}: ${error.message}`);
  return status ?? 1;
}

export function mustRun(command, args, options) {
  if (run(command, args, options) !== 0) throw new Stop(`failed: ${command} ${args.join(" ")}`);
}

/** What a command prints, or undefined where it is missing or fails. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** A program that a development dependency brings. */
export function tool(name) {
  return path.join(root, "node_modules", ".bin", name);
}

/** Runs a script's main function; its number, if any, is the exit status. */
export async function script(main) {
  try {
    process.exitCode = (await main(process.argv.slice(2))) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
