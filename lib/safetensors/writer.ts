import { LeanError } from "../errors.js";
import { replaceFile, writeFully } from "../file.js";
import {
  elementBytes,
  LARGEST_HEADER,
  METADATA_KEY,
  PREFIX_BYTES,
  quote,
  requireDtype,
  type SafetensorsDtype,
  tensorBytes,
} from "./format.js";

/** A tensor to be written. */
export interface TensorSource {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /**
   * Its bytes: an array, or a function that is called when their turn comes and yields them piece by
   * piece, so that no more than a piece need be in memory.
   */
  readonly data: ArrayBufferView | (() => Iterable<ArrayBufferView>);
}

/** What a file will look like. */
interface Layout {
  /** Prefix and JSON text, a multiple of 8 bytes long. */
  readonly header: Uint8Array;
  readonly inOrder: readonly TensorSource[];
  readonly dataBytes: number;
}

/**
 * Writes a file in place of any old one, all or nothing (see `replaceFile`). Tensors are laid out by
 * element size, largest first, so that each is aligned to its elements; within a size they keep
 * their order.
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const { header, inOrder } = layOut(tensors, metadata);
  replaceFile(path, (fd) => {
    writeFully(fd, header);
    for (const tensor of inOrder) {
      for (const piece of pieces(tensor)) writeFully(fd, piece);
    }
  });
}

/** The same file in memory. */
export function serializeSafetensors(
  tensors: Iterable<TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { header, inOrder, dataBytes } = layOut(tensors, metadata);
  const file = new Uint8Array(header.length + dataBytes);
  file.set(header);
  let position = header.length;
  for (const tensor of inOrder) {
    for (const piece of pieces(tensor)) {
      file.set(piece, position);
      position += piece.length;
    }
  }
  return file;
}

function layOut(
  tensors: Iterable<TensorSource>,
  metadata: Readonly<Record<string, string>>,
): Layout {
  checkMetadata(metadata);
  const all = [...tensors];
  all.forEach(checkTensor);
  checkNames(all);
  const inOrder = all.sort((a, b) => elementBytes(b.dtype) - elementBytes(a.dtype));
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA_KEY, metadata]);
  let dataBytes = 0;
  for (const { name, dtype, shape } of inOrder) {
    const begin = dataBytes;
    dataBytes += elementBytes(dtype) * shape.reduce((product, size) => product * size, 1);
    entries.push([name, { dtype, shape, data_offsets: [begin, dataBytes] }]);
  }
  return { header: encodeHeader(Object.fromEntries(entries)), inOrder, dataBytes };
}

function encodeHeader(json: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const length = Math.ceil(text.length / 8) * 8;
  if (length > LARGEST_HEADER) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `a header of ${length} bytes is too long`);
  }
  const header = new Uint8Array(PREFIX_BYTES + length).fill(" ".charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, PREFIX_BYTES);
  return header;
}

function checkTensor(tensor: TensorSource): void {
  const { name, dtype, shape, data } = tensor;
  requireDtype(name, dtype);
  const bytes = tensorBytes(dtype, shape);
  if (bytes === undefined) {
    const message = `${quote(name)} has the shape [${shape}]`;
    throw new LeanError("ERR_LEAN_SHAPE", message, { parameter: name, value: shape });
  }
  if (typeof data !== "function" && data.byteLength !== bytes) {
    throw wrongLength(tensor, data.byteLength);
  }
}

function checkNames(tensors: readonly TensorSource[]): void {
  const seen = new Set<string>([METADATA_KEY]);
  for (const { name } of tensors) {
    const reason = !isUnicode(name) ? "is not Unicode" : seen.has(name) ? "is taken" : undefined;
    if (reason !== undefined) {
      const message = `the name ${quote(name)} ${reason}`;
      throw new LeanError("ERR_LEAN_INVALID_ARG", message, { parameter: "name", value: name });
    }
    seen.add(name);
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (isUnicode(key) && typeof value === "string" && isUnicode(value)) continue;
    const message = `metadata ${quote(key)} is not a string of Unicode`;
    throw new LeanError("ERR_LEAN_INVALID_ARG", message, { parameter: key, value });
  }
}

/** Half of a surrogate pair has no encoding in UTF-8. */
function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** A tensor's bytes in order; throws where they are more or fewer than its shape says. */
function* pieces(tensor: TensorSource): Generator<Uint8Array> {
  const { dtype, shape, data } = tensor;
  const expected = tensorBytes(dtype, shape) ?? 0;
  let count = 0;
  for (const view of typeof data === "function" ? data() : [data]) {
    count += view.byteLength;
    if (count > expected) break;
    yield new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }
  if (count !== expected) throw wrongLength(tensor, count);
}

function wrongLength({ name, dtype, shape }: TensorSource, count: number): LeanError {
  const message = `${quote(name)}: ${count} bytes do not fill ${dtype} [${shape}]`;
  return new LeanError("ERR_LEAN_SHAPE", message, { parameter: name, value: count });
}
