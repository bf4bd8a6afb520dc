/**
 * The contents of a golden file (test/golden/README.md): safetensors, F32 and I64 only. A minimal
 * reader of its own, for files that are part of this repository.
 */

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export interface GoldenFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Parses a whole file: an 8-byte header length, the header as JSON, the tensors' bytes. */
export function parseGoldenFile(bytes: Uint8Array): GoldenFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataStart)));
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const [begin, end] = entry.data_offsets;
    const values = decode(view, entry.dtype, dataStart + begin, dataStart + end);
    tensors.set(name, { shape: entry.shape, values });
  }
  return { metadata, tensors };
}

function decode(view: DataView, dtype: string, begin: number, end: number): Float64Array {
  if (dtype === "F32") {
    return Float64Array.from({ length: (end - begin) / 4 }, (_, i) =>
      view.getFloat32(begin + 4 * i, true),
    );
  }
  if (dtype === "I64") {
    return Float64Array.from({ length: (end - begin) / 8 }, (_, i) =>
      Number(view.getBigInt64(begin + 8 * i, true)),
    );
  }
  throw new RangeError(`dtype ${dtype} in a golden file`);
}
