/**
 * Runs the benches of the checkout beside their peers: `npm run bench -- [options]`.
 *
 *   --filter <text>   only cases whose "suite case" has this in it
 *   --goals           only cases and facts that have a goal
 *   --samples <n>     rounds that count (40)
 *   --threads <n>     threads of both sides (2)
 *   --no-peers        lean-optim alone
 *   --patience <min>  how long a case may wait for calm rounds (1)
 *   --write <name>    bench/results/<name>.json and .svg; `cpu` also fills docs/benchmarks.md
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeNative } from "../lib/native.js";
import type { BenchCase } from "./support/case.js";
import { waitedMs } from "./support/contention.js";
import { Copy } from "./support/copy.js";
import { writeDocument } from "./support/document.js";
import { resultsFile, writeResults } from "./support/json.js";
import { describeMachine } from "./support/machine.js";
import { Peers } from "./support/peers.js";
import { picture } from "./support/picture.js";
import type { CaseResult, Fact, Results, Transcription } from "./support/result.js";
import { runCase } from "./support/run-case.js";
import { findSuites, type Suite } from "./support/suite.js";
import { caseTable, factTable, goalTable, transcriptionTable } from "./support/table.js";

const { values: flags } = parseArgs({
  options: {
    filter: { type: "string", default: "" },
    goals: { type: "boolean", default: false },
    samples: { type: "string", default: "40" },
    threads: { type: "string", default: "2" },
    "no-peers": { type: "boolean", default: false },
    patience: { type: "string", default: "1" },
    write: { type: "string" },
  },
});
const threads = Number(flags.threads);

function cpuKind(): string {
  return describeNative().devices.find(({ name }) => name === "cpu")?.kind ?? "unknown";
}

async function startPeers(): Promise<Peers | string> {
  const peers = flags["no-peers"] ? "left out" : await Peers.start(threads);
  if (typeof peers === "string") {
    console.error(`peers skipped: ${peers}`);
  } else {
    console.error(`peers: torch ${peers.about.torch}, ${peers.about.threads} threads`);
    if (!peers.about.published) {
      console.error(
        "published code skipped: LEAN_OPTIM_SNSM names no checkout of timmytonga/sn-sm",
      );
    }
  }
  return peers;
}

function isWanted(suite: Suite, { name, peers = [] }: BenchCase): boolean {
  const hasGoal = peers.some(({ atMost }) => atMost !== undefined);
  return (hasGoal || !flags.goals) && `${suite.name} ${name}`.includes(flags.filter);
}

async function measure(suites: readonly Suite[], started: Peers | string): Promise<Results> {
  const machine = describeMachine(cpuKind(), threads);
  const peers = typeof started === "string" ? undefined : started;
  const copy = new Copy(threads);
  const waited = waitedMs([process.pid, ...(peers ? [peers.pid] : [])]);
  const patience = Number(flags.patience) * 60_000;
  const options = { samples: Number(flags.samples), patience, ...(waited && { waited }) };
  const surroundings = { threads, options, copy, peers };
  const cases: CaseResult[] = [];
  const transcriptions: Transcription[] = [];
  const facts: Fact[] = [];
  for (const suite of suites) {
    for (const one of suite.cases.filter((candidate) => isWanted(suite, candidate))) {
      const { result, transcription } = await runCase(suite.name, one, surroundings);
      cases.push(result);
      if (transcription) transcriptions.push(transcription);
      console.error(caseTable([result]).split("\n").at(-1));
    }
    if (suite.name.includes(flags.filter)) facts.push(...(await suite.facts(threads)));
  }
  copy.stop();
  return {
    measured: new Date().toISOString().slice(0, 10),
    machine,
    peers: peers?.about ?? String(started),
    cases,
    facts,
    transcriptions,
  };
}

function show({ cases, facts, transcriptions }: Results): void {
  if (cases.length > 0) console.log(`${caseTable(cases)}\n`);
  if (transcriptions.length > 0) console.log(`${transcriptionTable(transcriptions)}\n`);
  if (facts.length > 0) console.log(`${factTable(facts)}\n`);
  console.log(goalTable({ cases, facts }));
}

async function main(): Promise<void> {
  const started = await startPeers();
  const results = await measure(findSuites(), started);
  if (typeof started !== "string") started.stop();
  show(results);
  if (flags.write === undefined) return;
  console.error(`wrote ${writeResults(flags.write, results)}`);
  writeFileSync(resultsFile(`${flags.write}.svg`), picture(results));
  if (flags.write === "cpu") console.error(`wrote ${writeDocument(results)}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
