/** Parses headers, and believes nothing they say before it is checked. */

import { type ErrorDetails, LeanError } from "../errors.js";
import {
  isSizes,
  LARGEST_HEADER,
  METADATA_KEY,
  PREFIX_BYTES,
  quote,
  requireDtype,
  type SafetensorsHeader,
  type TensorEntry,
  tensorBytes,
} from "./format.js";
import { repeatedKey } from "./repeated-key.js";

/**
 * The header of a file of which at least the beginning is at hand.
 *
 * @throws LeanError ERR_LEAN_CHECKPOINT, or ERR_LEAN_DTYPE for a dtype that is not read here
 */
export function parseHeader(bytes: Uint8Array, fileSize = bytes.length): SafetensorsHeader {
  const dataStart = PREFIX_BYTES + headerLength(bytes.subarray(0, PREFIX_BYTES), fileSize);
  if (bytes.length < dataStart) throw damaged(`the header goes on for ${dataStart} bytes`);
  const json = parseObject(bytes.subarray(PREFIX_BYTES, dataStart));
  const metadata = parseMetadata(json[METADATA_KEY] ?? {});
  const entries = Object.entries(json)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => parseEntry(name, value));
  checkCoverage(entries, fileSize - dataStart);
  return { metadata, tensors: new Map(entries.map((entry) => [entry.name, entry])), dataStart };
}

/** The length of the JSON text, from the first 8 bytes of a file of the given size. */
export function headerLength(prefix: Uint8Array, fileSize: number): number {
  if (prefix.length < PREFIX_BYTES) throw damaged(`${prefix.length} bytes are too few`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > LARGEST_HEADER) throw damaged(`a header of ${length} bytes is too long`);
  if (PREFIX_BYTES + Number(length) > fileSize) {
    throw damaged(`a header of ${length} bytes in a file of ${fileSize}`);
  }
  return Number(length);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    throw damaged("the header is not JSON in UTF-8", { cause });
  }
  if (!isRecord(json)) throw damaged("the header is not a JSON object");
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw damaged(`${quote(repeated)} stands twice in the header`, { parameter: repeated });
  }
  return json;
}

function parseMetadata(value: unknown): Record<string, string> {
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === "string")) {
    throw damaged(`${METADATA_KEY} is not an object of strings`, { parameter: METADATA_KEY });
  }
  return value as Record<string, string>;
}

function parseEntry(name: string, value: unknown): TensorEntry {
  const fail = (reason: string) => damaged(`${quote(name)}: ${reason}`, { parameter: name, value });
  if (!isRecord(value)) throw fail("its entry is not an object");
  const { dtype, shape, data_offsets: offsets } = value;
  requireDtype(name, dtype);
  if (!isSizes(shape)) throw fail("its shape is not a list of sizes");
  if (!isSizes(offsets) || offsets.length !== 2) throw fail("its data_offsets are not two sizes");
  const [begin, end] = offsets;
  if (tensorBytes(dtype, shape) !== end - begin) {
    throw fail(`${dtype} [${shape}] does not take up bytes ${begin} to ${end}`);
  }
  return { name, dtype, shape, begin, end };
}

/** Tensors must follow each other without gap or overlap, and end where the file does. */
function checkCoverage(entries: readonly TensorEntry[], dataBytes: number): void {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of inOrder) {
    const details = { parameter: name, value: [begin, end] };
    if (begin < position) throw damaged(`${quote(name)} overlaps another tensor`, details);
    if (begin > position) throw damaged(`${quote(name)} comes after a gap`, details);
    if (end > dataBytes) throw damaged(`${quote(name)} ends past the end of the file`, details);
    position = end;
  }
  if (position < dataBytes) {
    throw damaged(`${dataBytes - position} bytes at the end belong to no tensor`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(reason: string, details: ErrorDetails = {}): LeanError {
  return new LeanError("ERR_LEAN_CHECKPOINT", `not a sound safetensors file: ${reason}`, details);
}
