/** `lean-optim bench`: how long a step of the main recipes takes on this machine. */

import { arch, cpus, platform } from "node:os";
import { parseArgs } from "node:util";
import { isHost } from "../devices.js";
import { adamSN, adamSNSM, adamw, LeanError, Optimizer, rmspropSN, setThreads } from "../index.js";
import { type KernelCounters, takeCounters } from "../native.js";
import { type ProjectorKind, projectors } from "../parts/projector/index.js";
import { requirePresent } from "./device.js";
import { defaultMeasureOptions, interleave, type Quartiles, repeated } from "./measure.js";
import { Mirrored } from "./verify/mirrored.js";

const USAGE = `Usage: lean-optim bench [options]

Times optimizer steps on one weight matrix, the recipes interleaved sample by sample; on a CUDA
device each until it is done. Recipes whose kernels a device lacks are left out.

  --device <name>   where the steps run                    (cpu)
  --shape <RxC>     shape of the weight, may be repeated   (2048x2048)
  --dtype <type>    float32 or bfloat16                    (float32)
  --rank <n>        rank of the subspace recipes           (a quarter of the shorter side)
  --projector <p>   what adamSNSM projects with            (powerIteration)
  --filter <text>   only recipes whose name contains this
  --threads <n>     threads of a step                      (all cores)
  --samples <n>     samples of each recipe                 (${defaultMeasureOptions.samples})
  --json            print JSON instead of a table
  --help            print this
`;

/** A refresh costs many steps' time and comes once in hundreds: it is kept out of the samples. */
const NO_REFRESH = 2 ** 31 - 1;

interface Settings {
  readonly device: string;
  readonly shapes: readonly (readonly [rows: number, columns: number])[];
  readonly dtype: "float32" | "bfloat16";
  readonly rank: number | undefined;
  readonly projector: ProjectorKind;
  readonly filter: string;
  readonly threads: number;
  readonly samples: number;
  readonly json: boolean;
}

export interface BenchRow {
  readonly recipe: string;
  readonly shape: string;
  readonly dtype: string;
  /** Milliseconds a step. */
  readonly ms: Quartiles;
  readonly stateBytes: number;
  /** Kernels of a step. */
  readonly launches: number;
  /** What they did in one step, where the device counts. */
  readonly counters: readonly KernelCounters[] | null;
}

class UsageError extends Error {}

function positiveInteger(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new UsageError(`--${flag} must be a positive integer, is ${JSON.stringify(text)}`);
  }
  return value;
}

function shapeOf(text: string): [rows: number, columns: number] {
  const [, rows, columns] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (rows === undefined || columns === undefined) {
    throw new UsageError(`--shape must look like 2048x2048, is ${JSON.stringify(text)}`);
  }
  return [positiveInteger("shape", rows), positiveInteger("shape", columns)];
}

function dtypeOf(text: string): Settings["dtype"] {
  if (text !== "float32" && text !== "bfloat16") {
    throw new UsageError(`--dtype must be float32 or bfloat16, is ${JSON.stringify(text)}`);
  }
  return text;
}

function projectorOf(text: string): ProjectorKind {
  const kinds = Object.keys(projectors) as ProjectorKind[];
  const found = kinds.find((kind) => kind === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `--projector must be one of ${kinds.join(", ")}, is ${JSON.stringify(text)}`,
  );
}

function parse(argv: readonly string[]): Settings | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      device: { type: "string", default: "cpu" },
      shape: { type: "string", multiple: true, default: ["2048x2048"] },
      dtype: { type: "string", default: "float32" },
      rank: { type: "string" },
      projector: { type: "string", default: "powerIteration" },
      filter: { type: "string", default: "" },
      threads: { type: "string", default: String(cpus().length) },
      samples: { type: "string", default: String(defaultMeasureOptions.samples) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  return {
    device: values.device,
    shapes: values.shape.map(shapeOf),
    dtype: dtypeOf(values.dtype),
    rank: values.rank === undefined ? undefined : positiveInteger("rank", values.rank),
    projector: projectorOf(values.projector),
    filter: values.filter,
    threads: positiveInteger("threads", values.threads),
    samples: positiveInteger("samples", values.samples),
    json: values.json,
  };
}

function recipesFor(rank: number, projector: ProjectorKind) {
  return {
    adamw: adamw(),
    adamSN: adamSN(),
    rmspropSN: rmspropSN(),
    adamSNSM: adamSNSM({ rank, projector, updateProjGap: NO_REFRESH }),
  };
}

/** Small numbers that differ from one another; their values do not change how long a step takes. */
function filled(
  dtype: Settings["dtype"],
  count: number,
  scale: number,
): Float32Array | Uint16Array {
  const values = Float32Array.from(
    { length: count },
    (_, i) => scale * (((i * 7919) % 2003) - 1001),
  );
  if (dtype === "float32") return values;
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
}

async function benchShape(
  shape: readonly [number, number],
  { device, dtype, filter, rank, projector, samples }: Settings,
): Promise<BenchRow[]> {
  const [rows, columns] = shape;
  const count = rows * columns;
  const chosen = rank ?? Math.max(1, Math.floor(Math.min(rows, columns) / 4));
  const optimizers = Object.entries(recipesFor(chosen, projector))
    .filter(([name]) => name.includes(filter))
    .flatMap(([name, recipe]) => {
      const data = new Mirrored(device, filled(dtype, count, 2e-5));
      const grad = new Mirrored(device, filled(dtype, count, 1e-6));
      const params = [
        { name: "weight", data: data.handle, grad: grad.handle, shape: [...shape], dtype },
      ];
      try {
        const optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
        return [{ name, optimizer }];
      } catch (error) {
        const isMissing = error instanceof LeanError && error.code === "ERR_LEAN_UNSUPPORTED";
        if (isHost(device) || !isMissing) throw error;
        return [];
      }
    });
  try {
    const subjects = optimizers.map(({ name, optimizer }) =>
      repeated(name, () => {
        optimizer.step();
        optimizer.synchronize();
      }),
    );
    const { measurements } = await interleave(subjects, { samples });
    return measurements.map(({ name, ms }, index) => ({
      recipe: name,
      shape: `${rows}x${columns}`,
      dtype,
      ms,
      stateBytes: optimizers[index]?.optimizer.stateBytes ?? 0,
      launches: optimizers[index]?.optimizer.launches ?? 0,
      counters: countersOf(device, optimizers[index]?.optimizer),
    }));
  } finally {
    for (const { optimizer } of optimizers) optimizer.dispose();
  }
}

function countersOf(device: string, optimizer?: Optimizer): readonly KernelCounters[] | null {
  if (takeCounters(device, true) === null) return null;
  optimizer?.step();
  optimizer?.synchronize();
  return takeCounters(device, false);
}

const sectorBytes = 32;

/** Bytes of sectors that a step touches, for each element, and how much of what it asks for it uses. */
function trafficOf({ shape, counters }: BenchRow): string[] {
  if (counters === null) return [];
  const elements = shape.split("x").reduce((product, extent) => product * Number(extent), 1);
  const all = counters.flatMap(({ loads, stores }) => [loads, stores]);
  const sum = (pick: (traffic: (typeof all)[number]) => number) =>
    all.reduce((total, traffic) => total + pick(traffic), 0);
  const touched = sectorBytes * sum(({ sectorsTouched }) => sectorsTouched);
  const used = sum(({ bytes }) => bytes) / (sectorBytes * sum((t) => t.sectorsRequested));
  const conflicts = counters.reduce((total, { bankConflicts }) => total + bankConflicts, 0);
  return [(touched / elements).toFixed(3), `${(100 * used).toFixed(1)}%`, String(conflicts)];
}

function table(rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [
    row.recipe,
    row.shape,
    row.dtype,
    row.ms.median.toFixed(3),
    `${row.ms.lower.toFixed(3)}..${row.ms.upper.toFixed(3)}`,
    (row.stateBytes / 2 ** 20).toFixed(2),
    String(row.launches),
    ...trafficOf(row),
  ]);
  const heading = ["recipe", "shape", "dtype", "ms/step", "quartiles", "state MiB", "kernels"];
  if (rows.some(({ counters }) => counters !== null))
    heading.push("B/element", "used", "conflicts");
  const lines = [heading, ...cells];
  const widths = heading
    .map((_, column) => column)
    .map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

async function run(settings: Settings): Promise<void> {
  const { kind } = requirePresent(settings.device);
  setThreads(settings.threads);
  const rows: BenchRow[] = [];
  for (const shape of settings.shapes) rows.push(...(await benchShape(shape, settings)));
  const { device, threads, samples } = settings;
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    platform: `${platform()}-${arch()}`,
    node: process.version,
    device,
    kind,
    threads,
    samples,
  };
  if (settings.json) {
    console.log(JSON.stringify({ machine, rows }, undefined, 2));
    return;
  }
  const where = isHost(device) ? `${machine.cpu}, ${threads} threads` : kind;
  console.log(`${where}, Node ${machine.node}, ${samples} samples each`);
  console.log(table(rows));
}

/** The exit code: 0, or 2 where the arguments make no sense. */
export async function benchCommand(argv: readonly string[]): Promise<number> {
  try {
    const settings = parse(argv);
    if (settings === "help") console.log(USAGE);
    else await run(settings);
    return 0;
  } catch (error) {
    const isUsage =
      error instanceof UsageError ||
      String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
    if (!isUsage) throw error;
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
}
