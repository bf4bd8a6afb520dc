/**
 * Tries what papers claim of these methods on small problems: `npm run studies -- [options]`.
 *
 *   --only <id>   one study
 *   --dry         says what it found, and writes nothing
 *
 * Writes bench/results/convergence.json and its pictures, and docs/convergence.md.
 */

import { parseArgs } from "node:util";
import { setThreads } from "../../lib/index.js";
import { type Finding, writeFindings } from "./results.js";
import { studies } from "./studies.js";
import { curveOf, type Study, sentenceOf } from "./study.js";

const { values: flags } = parseArgs({
  options: { only: { type: "string" }, dry: { type: "boolean", default: false } },
});

function find(study: Study): Finding {
  const before = process.cpuUsage();
  console.log(study.title);
  const plots = study
    .run(study.full)
    .map((plot) => ({ ...plot, curves: plot.curves.map(curveOf) }));
  const { user, system } = process.cpuUsage(before);
  const seconds = Math.round((user + system) / 1e6);
  for (const { curves, symbol } of plots) {
    for (const curve of curves) console.log(`  ${sentenceOf(curve, symbol)}`);
  }
  console.log(`  ${seconds} s`);
  return { id: study.id, measured: new Date().toISOString().slice(0, 10), seconds, plots };
}

function main(): void {
  const wanted = studies.filter(({ id }) => flags.only === undefined || flags.only === id);
  if (wanted.length === 0) {
    throw new Error(`--only: "${flags.only}" is none of ${studies.map(({ id }) => id).join(", ")}`);
  }
  // Problems this small gain nothing from more; results do not depend on it.
  setThreads(1);
  const findings = wanted.map(find);
  if (!flags.dry) writeFindings(findings, studies);
}

main();
