/** Gradients from a safetensors file, one at a time. */
import type { Gradient } from "../../advice/spectrum.js";
import { LeanError } from "../../errors.js";
import { didYouMean } from "../../nearest.js";
import { typedArray } from "../../safetensors/format.js";
import { type SafetensorsDtype, SafetensorsReader } from "../../safetensors.js";
import type { WeightDType } from "../../tensor.js";

const dtypes: Partial<Record<SafetensorsDtype, WeightDType>> = {
  F64: "float32", // rounded
  F32: "float32",
  BF16: "bfloat16",
  F16: "float16",
};

export class GradientsFile {
  readonly #path: string;
  readonly #reader: SafetensorsReader;

  /** @throws LeanError ERR_LEAN_IO, ERR_LEAN_CHECKPOINT */
  constructor(path: string) {
    this.#path = path;
    this.#reader = SafetensorsReader.open(path);
  }

  get names(): string[] {
    return [...this.#reader.tensors.keys()];
  }

  /** @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_DTYPE, ERR_LEAN_IO */
  read(name: string): Gradient {
    const entry = this.#reader.tensors.get(name);
    if (entry === undefined) {
      const text = `${this.#path} has no gradient of ${name}.${didYouMean(name, this.names)}`;
      throw new LeanError("ERR_LEAN_UNKNOWN_NAME", text, { parameter: "--gradients", value: name });
    }
    const dtype = dtypes[entry.dtype];
    if (dtype === undefined) {
      const text = `${this.#path}: ${name} is of ${entry.dtype}, which no gradient is`;
      throw new LeanError("ERR_LEAN_DTYPE", text, { parameter: name, value: entry.dtype });
    }
    const values = typedArray(entry.dtype, this.#reader.read(name));
    const data = values instanceof Float64Array ? Float32Array.from(values) : values;
    return { data: data as Float32Array | Uint16Array, shape: entry.shape, dtype };
  }

  [Symbol.dispose](): void {
    this.#reader.close();
  }
}
