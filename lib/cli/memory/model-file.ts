/** Models from files: the header of a safetensors file, or a JSON list of names and shapes. */
import { readFileSync } from "node:fs";
import { LeanError } from "../../errors.js";
import { asIoError } from "../../file.js";
import type { ModelParameter, Role } from "../../models/index.js";
import { isSizes } from "../../safetensors/format.js";
import { type SafetensorsDtype, SafetensorsReader } from "../../safetensors.js";

export interface FileModel {
  readonly parameters: readonly ModelParameter[];
  /** Tensors of integers, which are no parameters. */
  readonly leftOut: readonly string[];
}

const floats: readonly SafetensorsDtype[] = ["F64", "F32", "BF16", "F16"];

/** @throws LeanError ERR_LEAN_IO, ERR_LEAN_CHECKPOINT, ERR_LEAN_INVALID_ARG */
export function readModel(path: string): FileModel {
  if (path.endsWith(".json")) return { parameters: fromJson(path), leftOut: [] };
  const reader = SafetensorsReader.open(path);
  reader.close();
  const tensors = [...reader.tensors.values()];
  return {
    parameters: tensors
      .filter(({ dtype }) => floats.includes(dtype))
      .map(({ name, shape }) => ({ name, shape, role: guessedRole(name, shape) })),
    leftOut: tensors.filter(({ dtype }) => !floats.includes(dtype)).map(({ name }) => name),
  };
}

/** Matrices are weights of linear layers unless their names say that they are embeddings. */
function guessedRole(name: string, shape: readonly number[]): Role {
  if (shape.length !== 2) return "other";
  return /embed/i.test(name) ? "embedding" : "linear";
}

function fromJson(path: string): ModelParameter[] {
  const list = parseJson(path);
  if (!Array.isArray(list)) throw notAModel(path, "it is no list");
  return list.map((entry: unknown, i) => {
    const { name, shape } = (entry ?? {}) as { name?: unknown; shape?: unknown };
    if (typeof name !== "string" || !isSizes(shape)) {
      throw notAModel(path, `its entry ${i} is not {"name": text, "shape": [sizes]}`);
    }
    return { name, shape, role: guessedRole(name, shape) };
  });
}

function parseJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw asIoError(`cannot read ${path}`, path, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notAModel(path, (error as Error).message);
  }
}

function notAModel(path: string, why: string): LeanError {
  return new LeanError("ERR_LEAN_INVALID_ARG", `${path} is no list of parameters: ${why}`, {
    parameter: "model",
    value: path,
  });
}
