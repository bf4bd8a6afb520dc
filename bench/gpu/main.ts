/**
 * The GPU kit's command: `run.sh <stage> ... [options]`, in a checkout
 * `node scripts/run.mjs bench/gpu/main.ts <stage> ... [options]`.
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { requirePresent } from "../../lib/cli/device.js";
import { LeanError } from "../../lib/errors.js";
import { describeDevice } from "./device.js";
import { runStage, type Stage, type StageFile, stageFile } from "./stage.js";
import { bench } from "./stages/bench.js";
import { ceilings } from "./stages/ceilings.js";
import { peers } from "./stages/peers.js";
import { refresh } from "./stages/refresh.js";
import { sanitize } from "./stages/sanitize.js";
import { verify } from "./stages/verify.js";

/** In the order of a whole run: floors of `bench` are of the ceilings. */
const stages: readonly Stage[] = [ceilings, verify, sanitize, bench, refresh, peers];

const usage = `Usage: run.sh <stage> ... [options]

Measures this machine's GPU; each stage writes one JSON file. Stages: all, or any of
  ${stages.map(({ name }) => name).join(" ")}

  --out <folder>    where the files go                                  (results)
  --minutes <n>     most time of one stage; call again for what is left (7)
  --again           also what is finished already
  --device <name>   cuda, or simt: a rehearsal on the interpreter       (cuda)
  --help            print this`;

interface Settings {
  readonly chosen: readonly Stage[];
  readonly out: string;
  readonly minutes: number;
  readonly again: boolean;
  readonly device: string;
}

function parse(argv: readonly string[]): Settings | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: "string", default: "results" },
      minutes: { type: "string", default: "7" },
      again: { type: "boolean", default: false },
      device: { type: "string", default: "cuda" },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (values.help || positionals.length === 0 || !(minutes > 0)) return undefined;
  const isAll = positionals.includes("all");
  const unknown = positionals.filter(
    (name) => name !== "all" && !stages.some((s) => s.name === name),
  );
  if (unknown.length > 0) return undefined;
  const chosen = isAll ? stages : stages.filter(({ name }) => positionals.includes(name));
  // run.sh enters the package's folder: what is said of folders is said from where it was called.
  const out = resolve(process.env.LEAN_KIT_FOLDER ?? ".", values.out);
  return { ...values, chosen, minutes, out };
}

function told({ stage, status, reason, rows, seconds }: StageFile, out: string): string {
  const failed = rows.filter(({ error }) => error !== undefined).length;
  const counts = `${rows.length} rows${failed > 0 ? `, ${failed} FAILED` : ""}`;
  const what = status === "skipped" ? reason : `${counts}, ${Math.round(seconds)} s`;
  return `${stage}: ${status}: ${what}: ${stageFile(out, stage)}`;
}

/** Exit codes: 0 all finished or skipped; 1 a row failed; 2 no such device; 3 time ran out. */
async function main(argv: readonly string[]): Promise<number> {
  const settings = parse(argv);
  if (settings === undefined) {
    console.log(usage);
    return argv.includes("--help") ? 0 : 2;
  }
  const { chosen, out, minutes, again, device } = settings;
  requirePresent(device);
  const files: StageFile[] = [];
  for (const stage of chosen) {
    const file = await runStage(stage, {
      device,
      isRehearsal: device !== "cuda",
      out,
      again,
      budgetSeconds: 60 * minutes,
      describe: () => describeDevice(device),
    });
    console.log(told(file, out));
    files.push(file);
  }
  if (files.some(({ rows }) => rows.some(({ error }) => error !== undefined))) return 1;
  return files.some(({ status }) => status === "interrupted") ? 3 : 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (!(error instanceof LeanError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  },
);
