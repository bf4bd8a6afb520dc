/**
 * A stage of the GPU kit: rows that are measured one after another within a budget of time, each on
 * disk as soon as there is one, so that a run that ends early is gone on with where it ended.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceAbout } from "./device.js";

/** What every stage is told. */
export interface Surroundings {
  /** "cuda", or "simt" for a rehearsal: tiny shapes on the interpreter, no measurements. */
  readonly device: string;
  readonly isRehearsal: boolean;
  /** The folder of the stages' files. */
  readonly out: string;
}

/** One row: a name by which it is found again, and what measures it. */
export interface Job {
  readonly key: string;
  /** `seconds` are left of the stage's budget. */
  run(seconds: number): object | Promise<object>;
}

export interface OpenStage {
  /** What its numbers were made with, beside the device. */
  readonly about?: object;
  readonly jobs: readonly Job[];
  close?(): void;
}

export interface Stage {
  readonly name: string;
  /** Its jobs, or the reason why there is nothing to run here. */
  open(surroundings: Surroundings): Promise<OpenStage | string>;
}

export type Row = { readonly key: string; readonly error?: string } & Record<string, unknown>;

export interface StageFile {
  readonly stage: string;
  readonly status: "finished" | "interrupted" | "skipped";
  /** Of skipping. */
  readonly reason?: string;
  readonly device: DeviceAbout;
  readonly about?: object;
  /** Spent so far, in all calls. */
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** Thrown by a job whose time ran out with the budget: it gets another chance. */
export class OutOfTime extends Error {}

export interface RunOptions extends Surroundings {
  readonly describe: () => DeviceAbout;
  readonly budgetSeconds: number;
  /** Measure anew what is finished. */
  readonly again: boolean;
}

export function stageFile(out: string, name: string): string {
  return join(out, `${name}.json`);
}

export function readStage(out: string, name: string): StageFile | undefined {
  const file = stageFile(out, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as StageFile) : undefined;
}

function writeStage(out: string, content: StageFile): void {
  mkdirSync(out, { recursive: true });
  const file = stageFile(out, content.stage);
  writeFileSync(`${file}.part`, `${JSON.stringify(content, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** What an earlier call left that is of this device and this build. */
function earlier(stage: Stage, { out, again }: RunOptions, device: DeviceAbout) {
  const found = again ? undefined : readStage(out, stage.name);
  if (found === undefined) return undefined;
  const { name, driver, build } = found.device;
  const isSame = name === device.name && driver === device.driver && build === device.build;
  if (!isSame) console.error(`${stage.name}: earlier rows are of ${name}, ${build}: left out`);
  return isSame ? found : undefined;
}

/** Runs a stage as far as the budget goes. */
export async function runStage(stage: Stage, options: RunOptions): Promise<StageFile> {
  const { out, budgetSeconds } = options;
  const start = Date.now();
  const device = options.describe();
  const before = earlier(stage, options, device);
  if (before?.status === "finished") return before;
  const opened = await stage.open(options);
  const spent = () => (before?.seconds ?? 0) + (Date.now() - start) / 1000;
  if (typeof opened === "string") {
    const skipped = { status: "skipped", reason: opened, seconds: spent(), rows: [] } as const;
    const file: StageFile = { stage: stage.name, device, ...skipped };
    writeStage(out, file);
    return file;
  }
  const rows: Row[] = [...(before?.rows ?? [])];
  const known = new Set(rows.map(({ key }) => key));
  const result = (status: StageFile["status"]): StageFile => ({
    stage: stage.name,
    status,
    device: { ...device, clocksAfter: options.describe().clocks },
    ...(opened.about !== undefined && { about: opened.about }),
    seconds: Math.round(spent()),
    rows,
  });
  try {
    writeStage(out, result("interrupted"));
    for (const job of opened.jobs.filter(({ key }) => !known.has(key))) {
      const left = budgetSeconds - (Date.now() - start) / 1000;
      if (left <= 0) return result("interrupted");
      const row = await rowOf(job, left);
      if (row === undefined) return result("interrupted");
      rows.push(row);
      writeStage(out, result("interrupted"));
      console.error(`${stage.name}: ${describeRow(row)}`);
    }
    writeStage(out, result("finished"));
    return result("finished");
  } finally {
    opened.close?.();
  }
}

/** undefined where the time ran out: an error of the job's own is its result. */
async function rowOf({ key, run }: Job, seconds: number): Promise<Row | undefined> {
  try {
    return { key, ...(await run(seconds)) };
  } catch (error) {
    if (error instanceof OutOfTime) return undefined;
    return { key, error: String((error as Error)?.message ?? error) };
  }
}

function describeRow({ key, error, ...values }: Row): string {
  if (error !== undefined) return `${key}: FAILED ${error.split("\n", 1)[0]}`;
  const shown = Object.entries(values)
    .filter(([, value]) => typeof value === "number" || typeof value === "string")
    .map(([name, value]) => `${name} ${typeof value === "number" ? rounded(value) : value}`);
  return `${key}: ${shown.join(", ")}`;
}

/** Only the digits that mean something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
