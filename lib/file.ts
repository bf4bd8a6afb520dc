/** Files read and written whole, or not at all. */

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { dirname, join } from "node:path";

import { LeanError } from "./errors.js";

/** One system call moves at most 2^31 − 1 bytes; Node refuses to ask for more. */
const LARGEST_TRANSFER = 2 ** 30;

/** Reads `target.length` bytes that start at `position`. */
export function readFully(fd: number, target: Uint8Array, position: number): void {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, LARGEST_TRANSFER);
    const count = fs.readSync(fd, target, done, length, position + done);
    if (count === 0) throw new LeanError("ERR_LEAN_IO", "the file ended while it was being read");
    done += count;
  }
}

/** Appends all bytes. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, LARGEST_TRANSFER);
    done += fs.writeSync(fd, bytes, done, length);
  }
}

/**
 * Writes a new file at `path`, in place of any old one, so that at every moment, also of a crash or
 * a power cut, the path holds either all of the old contents or all of the new. `write` appends to
 * a temporary file in the same folder, which is flushed to disk and then renamed. Whatever fails,
 * a full disk included, the old file stays and the temporary one goes.
 */
export function replaceFile(path: string, write: (fd: number) => void): void {
  try {
    const target = followLinks(path);
    const folder = dirname(target);
    writeThenRename(join(folder, temporaryName()), target, write);
    flushFolder(folder);
  } catch (error) {
    throw asIoError(`cannot write ${path}`, path, error);
  }
}

/** ERR_LEAN_IO for what the system refused; any other error as it is. */
export function asIoError(what: string, path: string, error: unknown): unknown {
  const refusal = error as NodeJS.ErrnoException | null | undefined;
  if (refusal?.syscall === undefined) return error;
  const details = { parameter: "path", value: path, cause: error };
  return new LeanError("ERR_LEAN_IO", `${what}: ${refusal.message}`, details);
}

function writeThenRename(temporary: string, target: string, write: (fd: number) => void): void {
  const old = fs.statSync(target, { throwIfNoEntry: false });
  const fd = fs.openSync(temporary, "wx");
  try {
    try {
      write(fd);
      if (old !== undefined) fs.fchmodSync(fd, old.mode);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Of the file that a symbolic link stands for, so that the link survives. */
function followLinks(path: string): string {
  return fs.existsSync(path) ? fs.realpathSync(path) : path;
}

function temporaryName(): string {
  return `.lean-optim-${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
}

/** Makes a rename last through a power cut, where the system can. */
function flushFolder(folder: string): void {
  if (process.platform === "win32") return;
  const fd = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    // Some network file systems have no such operation for folders.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    fs.closeSync(fd);
  }
}
