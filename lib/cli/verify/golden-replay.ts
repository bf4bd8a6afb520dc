/** Replays golden trajectories (test/golden/README.md) through the public API. */
import { trajectoryError } from "../../../test/oracle/golden.js";
import type { Basis } from "../../given-bases.js";
import { Optimizer } from "../../optimizer.js";
import { type SafetensorsReader, typedArray } from "../../safetensors.js";
import type { GoldenCase } from "../golden-cases.js";
import { optimizerOptionsOf, recipeOf } from "./golden-recipe.js";
import { Mirrored } from "./mirrored.js";

const name = "weight";

export interface GoldenReplay {
  /** Of the weight after the worst step, and of the second moment at the end where it was recorded. */
  readonly error: number;
  readonly detail: string;
}

/** Walks a trajectory that the family of recipes holds. */
export function replayGolden(
  reader: SafetensorsReader,
  device: string,
  described: GoldenCase,
): GoldenReplay {
  const { recipe, given, shape, steps } = described;
  if (recipe === null) throw new RangeError(`nothing to replay: ${described.skip}`);
  const start = new Float32Array(float32s(reader, "param_0"));
  using weight = new Mirrored<Float32Array>(device, start.slice());
  using grad = new Mirrored<Float32Array>(device, start.slice());
  const params = [
    { name, data: weight.handle, grad: grad.handle, shape, dtype: "float32" as const },
  ];
  using optimizer = new Optimizer([{ params, optimizer: recipeOf(recipe, given) }], {
    device,
    ...optimizerOptionsOf(recipe),
  });
  let worst: GoldenReplay = { error: 0, detail: "" };
  for (let t = 1; t <= steps; t++) {
    const basis = given && readBasis(reader, given, t);
    grad.set(float32s(reader, `grad_${t}`));
    optimizer.step(basis === null ? undefined : { bases: { [name]: basis } });
    optimizer.synchronize();
    const error = trajectoryError(weight.refresh(), float32s(reader, `param_${t}`), start);
    if (!(error <= worst.error)) worst = { error, detail: `after step ${t}` };
  }
  const error = secondMomentError(reader, optimizer);
  return error <= worst.error ? worst : { error, detail: "of the second moment" };
}

/** ‖v − ref‖ / ‖ref‖, or 0 where no second moment was recorded. */
function secondMomentError(reader: SafetensorsReader, optimizer: Optimizer): number {
  const kept = optimizer.stateDict()[`${name}.exp_avg_sq`];
  if (kept === undefined || !reader.tensors.has("exp_avg_sq")) return 0;
  const recorded = float32s(reader, "exp_avg_sq");
  return trajectoryError(kept.data as Float32Array, recorded, new Float64Array(recorded.length));
}

function float32s(reader: SafetensorsReader, tensor: string): Float32Array {
  return Float32Array.from(numbers(reader, tensor));
}

function numbers(reader: SafetensorsReader, tensor: string): number[] {
  return Array.from(typedArray(reader.entry(tensor).dtype, reader.read(tensor)), Number);
}

/** What was recorded at step t, where there was a refresh. */
function readBasis(reader: SafetensorsReader, given: "basis" | "index", t: number): Basis | null {
  const tensor = `${given}_${t}`;
  if (!reader.tensors.has(tensor)) return null;
  const values = numbers(reader, tensor);
  return given === "basis" ? Float32Array.from(values) : Int32Array.from(values);
}
