/** Sums of micro-batches' gradients in float32, with what tests of the batch size want to know. */
import { type ArrayType, BoundArrays } from "../bound-arrays.js";
import { DeviceBuffer, type DevicePointer } from "../device-memory.js";
import { type DeviceName, isHost } from "../devices.js";
import { LeanError } from "../errors.js";
import { type Call, NativeProgram, type TensorSpec } from "../native.js";
import type { Optimizer } from "../optimizer.js";
import { type Arrays, ParameterNames } from "../parameter-names.js";
import { bytesPerElement, numel, type WeightArray, type WeightDType } from "../tensor.js";
import { part, pieceCount, Workspace } from "../workspace.js";
import { noiseBins } from "./coordinate-counts.js";
import type { GroupStatistics } from "./statistics.js";

const sequences = { add: 0, multiply: 1, count: 2 } as const;

export interface AccumulatorOptions {
  /** The most groups that a batch has. */
  readonly maxGroups: number;
  /** Element type of the micro-batches' gradients. Default "float32". */
  readonly gradDtype?: WeightDType;
  /** Sum the squares element by element, to count coordinates by their noise. Default false. */
  readonly hasCounts?: boolean;
}

type Grads = Arrays<WeightArray | DevicePointer | null>;

/**
 * Adds up the gradients of an optimizer's parameters, a group of samples at a time, in the optimizer's
 * own order of work. Each gradient is read once; the tests that need products read it twice.
 */
export class GradientAccumulator {
  /** The sums, by parameter: what `Optimizer.step({ grads })` takes, with `gradScale: groups`. */
  readonly sums: Readonly<Record<string, WeightArray | DevicePointer>>;
  readonly #program: NativeProgram;
  readonly #names: ParameterNames;
  readonly #grads: BoundArrays;
  readonly #buffers: readonly DeviceBuffer[];
  readonly #maxGroups: number;
  readonly #results: Results;
  readonly #count = new Float64Array(1);
  #groups = 0;
  #products = 0;
  #isCounted = false;

  /** @throws LeanError ERR_LEAN_DTYPE where a parameter's gradients are not float32 */
  constructor(optimizer: Optimizer, options: AccumulatorOptions) {
    const { maxGroups, gradDtype = "float32", hasCounts = false } = options;
    const { parameters, device, stream } = optimizer;
    for (const parameter of parameters) requireFloat32(parameter.name, parameter.gradDtype);
    const types = parameters.map(({ name, shape }) => ({
      name,
      length: numel(shape),
      dtype: gradDtype,
    }));
    this.#maxGroups = maxGroups;
    this.#names = new ParameterNames(types.map(({ name }) => name));
    this.#grads = new BoundArrays("grad", device, types);
    const plan = planSums(types, maxGroups, hasCounts);
    this.#results = plan.results;
    this.#program = new NativeProgram({
      device,
      ...(stream !== undefined && { stream }),
      slots: 2 * types.length,
      state: 0,
      workspace: plan.workspace,
      hyper: 1,
      sequences: plan.sequences,
    });
    const memory = types.map(({ length }) => sumMemory(device, length));
    this.#buffers = memory.filter((sum) => sum instanceof DeviceBuffer);
    this.#program.bind(
      types.map((_, i) => sumSlot(i)),
      memory,
    );
    this.sums = Object.fromEntries(types.map(({ name }, i) => [name, memory[i] as WeightArray]));
  }

  /** Groups that the sums hold. */
  get groups(): number {
    return this.#groups;
  }

  /**
   * Adds one group's gradients: the means over its samples. A parameter without one, or with null, has
   * a gradient of zero. On a device the work is only started.
   *
   * @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE, ERR_LEAN_INVALID_ARG
   */
  add(grads: Grads): void {
    if (this.#groups >= this.#maxGroups) {
      throw new LeanError("ERR_LEAN_INVALID_ARG", `a batch has ${this.#maxGroups} groups at most`, {
        parameter: "grads",
        value: this.#groups + 1,
      });
    }
    this.#bind(grads);
    this.#run(sequences.add, this.#groups);
    this.#groups += 1;
    this.#products = 0;
  }

  /** Multiplies one group's gradients with the sums; once for each group, when all have been added. */
  multiply(grads: Grads): void {
    this.#bind(grads);
    this.#run(sequences.multiply, this.#products);
    this.#products += 1;
  }

  /** Counts the coordinates of the sums by their noise, when all groups have been added. */
  count(): void {
    this.#run(sequences.count, this.#groups - 1);
    this.#isCounted = true;
  }

  /** Starts a new batch: what is added next takes the place of the sums. */
  reset(): void {
    this.#groups = 0;
    this.#products = 0;
    this.#isCounted = false;
  }

  /** Sends the statistics of the batch on their way; the answer waits until they have come. */
  post(number: number): () => GroupStatistics {
    const groups = this.#groups;
    const hasProducts = this.#products === groups;
    const isCounted = this.#isCounted;
    const results = this.#results;
    this.#program.post(number, results.offset, results.bytes);
    let read: GroupStatistics | undefined;
    return () => {
      if (read !== undefined) return read;
      const { buffer } = this.#program.collect(number, new Uint8Array(results.bytes));
      const squares = new Float64Array(buffer, 0, 2 * groups);
      const dots = new Float64Array(buffer, results.products, groups);
      const counts = new Int32Array(buffer, results.counts);
      read = {
        ...statisticsOf(squares, groups),
        ...(hasProducts && { products: Array.from(dots, (dot) => dot / groups) }),
        ...(isCounted && { counts: [...counts] }),
      };
      return read;
    };
  }

  dispose(): void {
    this.#program.dispose();
    for (const buffer of this.#buffers) buffer.dispose();
  }

  #bind(grads: Grads): void {
    const given = new Map(this.#names.numbered("grads", grads));
    const all = this.#grads.arrays.map((_, i) => [i, given.get(i) ?? null] as const);
    const moves = this.#grads.moves(all);
    this.#grads.requireIntact(moves.after);
    if (moves.indices.length === 0) return;
    this.#program.bind(moves.indices.map(gradSlot), moves.arrays, (i) =>
      this.#grads.label(moves.indices[i] as number),
    );
    this.#grads.take(moves);
  }

  #run(sequence: number, number: number): void {
    this.#count[0] = number;
    this.#program.run(sequence, this.#count);
  }
}

const gradSlot = (index: number): number => 2 * index;
const sumSlot = (index: number): number => 2 * index + 1;

function requireFloat32(name: string, dtype: WeightDType): void {
  if (dtype === "float32") return;
  throw new LeanError(
    "ERR_LEAN_DTYPE",
    `${name}: sums of micro-batches are float32; its optimizer must take such gradients: ` +
      'gradDtype: "float32"',
    { parameter: name, value: dtype },
  );
}

function sumMemory(device: DeviceName, length: number): Float32Array | DeviceBuffer {
  return isHost(device)
    ? new Float32Array(length)
    : new DeviceBuffer(device, length * bytesPerElement.float32);
}

/** Where everything lies, and what runs: adding a group, multiplying it with the sum, counting. */
function planSums(types: readonly ArrayType[], maxGroups: number, hasCounts: boolean) {
  const workspace = new Workspace();
  const counted = types.map(({ length }) => pieceCount(length));
  const pieces = counted.reduce((sum, count) => sum + count, 0);
  // Of each piece the squares of the group and of the sum; their product.
  const squared = workspace.take("float64", [pieces, 2]);
  const multiplied = workspace.take("float64", [pieces, 1]);
  // What is sent to the host, at once.
  const squares = workspace.take("float64", [maxGroups, 2]);
  const products = workspace.take("float64", [maxGroups, 1]);
  const counts = workspace.take("int32", [hasCounts ? noiseBins : 0]);
  const bytes = workspace.bytes - squares.offset;

  const number: TensorSpec = { place: "hyper", offset: 0, dtype: "float64", shape: [1] };
  let first = 0;
  const items = types.map(({ length, dtype }, i) => {
    const shape = [1, length];
    const count = counted[i] as number;
    const begin = first;
    first += count;
    return {
      grad: { place: "external", slot: gradSlot(i), dtype, shape },
      sum: { place: "external", slot: sumSlot(i), dtype: "float32", shape },
      squares: hasCounts ? workspace.take("float32", shape) : undefined,
      squared: part(squared, begin, count),
      multiplied: { ...part(multiplied, begin, count), shape: [count] },
    } as const;
  });
  const total = (partials: TensorSpec, result: TensorSpec): Call => ({
    kernel: "sumPartials",
    items: [{ partials, row: number, result }],
  });
  const sequences: Call[][] = [
    [
      {
        kernel: "accumulate",
        items: items.map(({ grad, sum, squares, squared }) => {
          return { grad, sum, squares, partials: squared, groups: number };
        }),
      },
      total(squared, squares),
    ],
    [
      {
        kernel: "gradientDot",
        items: items.map(({ grad, sum, multiplied }) => ({ grad, sum, partials: multiplied })),
      },
      total(multiplied, products),
    ],
  ];
  if (hasCounts) {
    const noise = items.map(({ sum, squares }) => ({ sum, squares, groups: number, counts }));
    sequences.push([{ kernel: "coordinateNoise", items: noise }]);
  }
  const from = ({ offset }: { readonly offset: number }) => offset - squares.offset;
  return {
    workspace: workspace.bytes,
    results: {
      offset: squares.offset,
      bytes,
      products: from(products),
      counts: from(counts),
    },
    sequences,
  };
}

/** Offsets of what a letter holds. */
type Results = ReturnType<typeof planSums>["results"];

/** From the squares of each group and of the sum up to it to the mean: ḡ = S/K. */
function statisticsOf(squares: Float64Array, groups: number): GroupStatistics {
  let sumOfSquares = 0;
  for (let k = 0; k < groups; k++) sumOfSquares += squares[2 * k] as number;
  const ofSum = squares[2 * (groups - 1) + 1] as number;
  return { groups, sumOfSquares, meanSquare: ofSum / groups ** 2 };
}
