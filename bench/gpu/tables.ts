/** What was measured on GPUs, as Markdown: short for the README, whole for docs/benchmarks.md. */

import type { Quartiles } from "../../lib/cli/measure.js";
import { table } from "../support/table.js";
import { type Row, rounded, type StageFile } from "./stage.js";

export interface GpuResults {
  /** Tells it from results of a CPU. */
  readonly gpu: string;
  readonly measured: string;
  readonly driver: string | null;
  readonly build: string;
  readonly stages: Readonly<Record<string, StageFile>>;
}

function rowsOf({ stages: all }: GpuResults, stage: string): readonly Row[] {
  return all[stage]?.rows ?? [];
}

const nothing = "not measured";

function median(row: Row | undefined): number | undefined {
  return typeof row?.median === "number" ? row.median : undefined;
}

function times(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? nothing : String(rounded(a / b));
}

function find(results: GpuResults, stage: string, key: string): Row | undefined {
  return rowsOf(results, stage).find((row) => row.key === key);
}

/** The README's: bfloat16, whole models. */
export function speedTable(gpus: readonly GpuResults[]): string {
  const heads = ["step on a GPU, bfloat16", "ms", "times the floor", "times fused AdamW"];
  const rows = gpus.flatMap((results) =>
    rowsOf(results, "bench")
      .filter(({ dtype, model, isClipped }) => dtype === "bfloat16" && isWhole(model) && !isClipped)
      .map((row) => [
        `${row.recipe}${row.rank === null ? "" : `, rank ${row.rank}`}, ${row.model}, ${results.gpu}`,
        String(median(row) ?? nothing),
        String(row.timesFloor ?? nothing),
        times(
          median(row),
          median(find(results, "peers", `${row.model} bfloat16 torch.optim.AdamW`)),
        ),
      ]),
  );
  return table(heads, rows.length > 0 ? rows : [["any", nothing, nothing, nothing]]);
}

function isWhole(model: unknown): boolean {
  return typeof model === "string" && !model.endsWith(" layer");
}

/** All of it, device by device. */
export function detailTables(gpus: readonly GpuResults[]): string {
  if (gpus.length === 0) return `No GPU has been at hand: ${nothing}.`;
  return gpus.map(detailsOf).join("\n\n");
}

function detailsOf(results: GpuResults): string {
  const { gpu, driver, build, measured } = results;
  return [
    `### ${gpu}`,
    `Driver ${driver ?? "unknown"}, lean-optim ${build}, ${measured}.`,
    goalTable(results),
    stageTable(results),
    table(
      ["ceiling", "measured", "with"],
      rowsOf(results, "ceilings").map(({ key, rate, unit, with: how, error }) =>
        error === undefined ? [key, `${rate} ${unit}`, String(how)] : [key, error, ""],
      ),
    ),
    table(
      ["step", "ms [quartiles]", "floor, ms", "times the floor", "launches", "host, µs"],
      rowsOf(results, "bench").map((row) =>
        row.error === undefined
          ? [
              row.key,
              span(row.ms),
              ...cells(row.floorMs, row.timesFloor, row.launches, row.hostMicroseconds),
            ]
          : [row.key, row.error, "", "", "", ""],
      ),
    ),
    table(
      ["peer", "ms [quartiles]"],
      rowsOf(results, "peers").map((row) => [
        row.key,
        row.error ?? String(row.skipped ?? span(row.ms)),
      ]),
    ),
    table(
      ["basis", "ms", "energy captured"],
      rowsOf(results, "refresh").map((row) => [
        row.key,
        row.error ?? String(row.skipped ?? row.median),
        typeof row.energy === "number" ? row.energy.toFixed(4) : "",
      ]),
    ),
  ].join("\n\n");
}

function cells(...values: unknown[]): string[] {
  return values.map((value) => String(value ?? nothing));
}

function span(value: unknown): string {
  const { lower, median: middle, upper } = value as Quartiles;
  return `${middle} [${lower}, ${upper}]`;
}

/** How each stage ended: what is correct, and whether anything is missing. */
function stageTable({ stages }: GpuResults): string {
  return table(
    ["stage", "ended", "rows", "failed", "seconds"],
    Object.values(stages).map(({ stage, status, reason, rows, seconds }) => [
      stage,
      reason === undefined ? status : `${status}: ${reason}`,
      String(rows.length),
      String(rows.filter(({ error }) => error !== undefined).length),
      String(Math.round(seconds)),
    ]),
  );
}

export interface Goal {
  readonly what: string;
  readonly goal: string;
  /** undefined: not measured. */
  readonly value: number | undefined;
  readonly isMet: boolean | undefined;
}

/** The goals of the CUDA backend, on whatever device this is; they were set for an H200. */
export function goalsOf(results: GpuResults): Goal[] {
  const bench = rowsOf(results, "bench").filter(
    ({ model, dtype, isClipped }) => isWhole(model) && dtype === "bfloat16" && isClipped === false,
  );
  const atMost = (what: string, limit: number, rows: readonly Row[]): Goal => {
    const found = rows.map(({ timesFloor }) => timesFloor).filter((x) => typeof x === "number");
    const value = found.length === 0 ? undefined : Math.max(...found);
    const isMet = value === undefined ? undefined : value <= limit;
    return { what, goal: `at most ${limit} × the floor, whole models`, value, isMet };
  };
  const atLeast = (what: string, limit: number, value: number | undefined): Goal => {
    const isMet = value === undefined ? undefined : value >= limit;
    return { what, goal: `at least ${limit}`, value, isMet };
  };
  const ratio = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : a / b;
  const bySize = "4096x4096 rank 1024";
  const cold = find(results, "refresh", `${bySize} powerIteration, 3 passes from noise`);
  const theirs = find(results, "refresh", `${bySize} torch.linalg.svd`);
  const energies = [cold?.energy, theirs?.energy].map((x) =>
    typeof x === "number" ? x : undefined,
  );
  const eager = ([model, rank]: readonly [string, number]) => {
    const key = (kind: string) => `${model} bfloat16 ${kind} AdamSNSM rank ${rank}, linear layers`;
    const published = median(find(results, "peers", key("published")));
    return ratio(
      published ?? median(find(results, "peers", key("eager"))),
      median(find(results, "bench", `${model} bfloat16 adamSNSM rank ${rank}`)),
    );
  };
  return [
    atMost(
      "AdamSN",
      1.15,
      bench.filter(({ recipe }) => recipe === "adamSN"),
    ),
    atMost(
      "AdamSNSM, rank 128",
      1.5,
      bench.filter(({ rank }) => rank === 128),
    ),
    atMost(
      "AdamSNSM, rank 256",
      1.25,
      bench.filter(({ rank }) => rank === 256),
    ),
    atLeast("the published eager step over ours, LLaMA-60M", 15, eager(["llama-60m", 128])),
    atLeast("the published eager step over ours, LLaMA-350M", 15, eager(["llama-350m", 256])),
    atLeast(
      `torch.linalg.svd over powerIteration, ${bySize}`,
      50,
      ratio(median(theirs), median(cold)),
    ),
    atLeast(
      `energy captured, of torch.linalg.svd's, ${bySize}`,
      0.98,
      ratio(energies[0], energies[1]),
    ),
  ];
}

function goalTable(results: GpuResults): string {
  const verdict = (isMet: boolean | undefined) =>
    isMet === undefined ? nothing : isMet ? "met" : "**not met**";
  return table(
    ["what", "goal", "measured", "verdict"],
    goalsOf(results).map(({ what, goal, value, isMet }) => [
      what,
      goal,
      value === undefined ? "" : String(rounded(value)),
      verdict(isMet),
    ]),
  );
}
