import type { FieldValue, Item, KernelName, TensorSpec } from "../../../lib/native.js";
import type { DType } from "../../../lib/tensor.js";
import type { Draw } from "./draw.js";

type Shape = readonly number[];

/** Places tensors one after another, each in one of the places that a program has. */
export class Places {
  readonly slots: { readonly dtype: DType; readonly shape: Shape }[] = [];
  state = 0;
  workspace = 0;
  readonly #draw: Draw;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  tensor(dtype: DType, shape: Shape): TensorSpec {
    const bytes = 64 * Math.ceil((8 * shape.reduce((a, b) => a * b, 1)) / 64);
    const place = this.#draw.one(["external", "external", "state", "workspace"] as const);
    if (place === "external") {
      return { place, slot: this.slots.push({ dtype, shape }) - 1, dtype, shape };
    }
    const offset = this[place];
    this[place] += bytes;
    return { place, offset, dtype, shape };
  }
}

/** An item that a kernel accepts, of random shapes and types, or nearly so. */
export function kernelItem(kernel: KernelName, draw: Draw, places: Places): Item {
  const [m, n] = [draw.integer(0, 20), draw.integer(0, 20)];
  const right = draw.chance(0.5);
  const [projected, others] = right ? [n, m] : [m, n];
  const r = draw.integer(1, Math.max(projected, 1));
  const weight = draw.one(["float32", "bfloat16", "float16"] as const);
  const gradient = draw.chance(0.5) ? "float32" : weight;
  const kept = draw.one(["float32", "bfloat16"] as const);
  const block = draw.integer(1, 12);
  const pieces = draw.integer(1, 5);
  const partition = draw.one(["none", "elementwise", "rows", "columns", "blocks", "whole"]);
  const subsets = {
    none: 0,
    elementwise: m * n,
    rows: m,
    columns: n,
    blocks: Math.ceil((m * n) / block),
    whole: 1,
  }[partition] as number;
  const tensor = (dtype: DType, ...shape: number[]) => places.tensor(dtype, shape);
  const optional = (value: () => TensorSpec) => (draw.chance(0.7) ? value() : undefined);

  const fields: Record<string, () => FieldValue> = {
    param: () => tensor(weight, m, n),
    grad: () => tensor(gradient, m, n),
    expAvg: () => {
      if (kernel === "denseStep") return optional(() => tensor(kept, m, n));
      return right ? tensor(kept, others, r) : tensor(kept, r, others);
    },
    expAvgSq: () => (partition === "none" ? undefined : tensor("float32", subsets)),
    basis: () => tensor(kept, projected, r),
    index: () => tensor("int32", r),
    source: () => (kernel === "adoptLines" ? tensor("int32", r) : tensor("float32", projected, r)),
    scalars: () => tensor("float32", 16),
    counters: () => tensor("int64", 8),
    result: () =>
      kernel === "gradientNorm" ? tensor("float64", 3) : optional(() => tensor("float64", 3)),
    group: () => tensor("float64", 2),
    hyper: () => tensor("float64", 2),
    sums: () => optional(() => tensor("float32", subsets)),
    partials: () => tensor("float64", pieces),
    nonFinite: () => tensor("int32", pieces),
    partition: () => partition,
    block: () => block,
    rows: () => m,
    cols: () => n,
    side: () => (right ? "right" : "left"),
    axis: () => (right ? "columns" : "rows"),
    onRefresh: () => draw.one(["restart", "rotate", "keep", "published"]),
    momentGiven: () => draw.chance(0.5),
    mean: () => draw.chance(0.5),
    skipNonFinite: () => draw.chance(0.5),
    rounding: () => draw.one(["nearest", "stochastic"]),
    // Passes beyond number are the caller's own affair: they only take their time.
    warmPasses: () => draw.integer(-1, 3),
    coldPasses: () => draw.integer(-1, 3),
    method: () => draw.one(["auto", "gram", "full"]),
    seed: () => draw.integer(-5, 5),
    stream: () => draw.integer(-5, 5),
    updateProjGap: () => draw.integer(0, 4),
    offset: () => draw.integer(0, 4),
    momentum: () => draw.one(["none", "ema", "heavyBall", "subspace"]),
    bias: () => draw.one(["torch", "hf"]),
    decay: () => draw.one(["before", "after", "l2"]),
  };
  return fieldsOf(kernel).reduce<Record<string, FieldValue>>((item, name) => {
    const make = fields[name] ?? (() => draw.one([0, 0.5, 1, true]));
    item[name] = make();
    return item;
  }, {});
}

let known: ReadonlyMap<string, readonly string[]> = new Map();

export function rememberFields(
  kernels: readonly {
    readonly name: string;
    readonly fields: readonly { readonly name: string }[];
  }[],
): void {
  known = new Map(kernels.map(({ name, fields }) => [name, fields.map((field) => field.name)]));
}

function fieldsOf(kernel: string): readonly string[] {
  return known.get(kernel) ?? [];
}
