import fs from "node:fs";

import { LeanError } from "../errors.js";
import { asIoError, readFully } from "../file.js";
import { didYouMean } from "../nearest.js";
import { PREFIX_BYTES, quote, type SafetensorsHeader, type TensorEntry } from "./format.js";
import { headerLength, parseHeader } from "./header.js";

/** Bytes that can be read from any position. */
interface ByteSource {
  readonly size: number;
  read(target: Uint8Array, position: number): void;
  close(): void;
}

/**
 * Reads one tensor at a time. All that the header says is checked when the file is opened, so that a
 * damaged file fails there, and not in the middle of being used.
 */
export class SafetensorsReader {
  readonly header: SafetensorsHeader;
  readonly #source: ByteSource;

  private constructor(source: ByteSource) {
    this.#source = source;
    this.header = readHeader(source);
  }

  /** Opens a file, to be closed with `close()`. */
  static open(path: string): SafetensorsReader {
    let source: ByteSource | undefined;
    try {
      source = openFile(path);
      return new SafetensorsReader(source);
    } catch (error) {
      source?.close();
      throw asIoError(`cannot read ${path}`, path, error);
    }
  }

  /** Reads from the contents of a whole file. */
  static fromBytes(bytes: Uint8Array): SafetensorsReader {
    return new SafetensorsReader({
      size: bytes.length,
      read: (target, position) => target.set(bytes.subarray(position, position + target.length)),
      close: () => {},
    });
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }

  get tensors(): ReadonlyMap<string, TensorEntry> {
    return this.header.tensors;
  }

  /** Where the tensor of this name lies. */
  entry(name: string): TensorEntry {
    const entry = this.tensors.get(name);
    if (entry !== undefined) return entry;
    const hint = didYouMean(name, this.tensors.keys());
    throw new LeanError("ERR_LEAN_UNKNOWN_NAME", `no tensor is called ${quote(name)}.${hint}`, {
      parameter: "name",
      value: name,
    });
  }

  /** All bytes of a tensor. */
  read(name: string): Uint8Array {
    const { begin, end } = this.entry(name);
    const target = new Uint8Array(end - begin);
    this.readInto(name, target);
    return target;
  }

  /** Fills `target` with bytes of a tensor, from its byte `offset` on. */
  readInto(name: string, target: Uint8Array, offset = 0): void {
    const { begin, end } = this.entry(name);
    const isInside =
      Number.isSafeInteger(offset) && offset >= 0 && begin + offset + target.length <= end;
    if (!isInside) {
      const message = `${target.length} bytes from ${offset} on, of ${end - begin} in ${quote(name)}`;
      throw new LeanError("ERR_LEAN_SHAPE", message, { parameter: "offset", value: offset });
    }
    this.#source.read(target, this.header.dataStart + begin + offset);
  }

  close(): void {
    this.#source.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function openFile(path: string): ByteSource {
  const fd = fs.openSync(path, "r");
  let isOpen = true;
  return {
    size: fs.fstatSync(fd).size,
    read(target, position) {
      if (!isOpen) throw new LeanError("ERR_LEAN_DISPOSED", `${path} was closed`);
      readFully(fd, target, position);
    },
    close() {
      if (isOpen) fs.closeSync(fd);
      isOpen = false;
    },
  };
}

function readHeader(source: ByteSource): SafetensorsHeader {
  const prefix = new Uint8Array(Math.min(source.size, PREFIX_BYTES));
  source.read(prefix, 0);
  const beginning = new Uint8Array(PREFIX_BYTES + headerLength(prefix, source.size));
  source.read(beginning, 0);
  return parseHeader(beginning, source.size);
}
