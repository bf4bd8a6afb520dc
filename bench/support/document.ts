/** Puts tables between their markers in docs/benchmarks.md: `<!-- name -->` ... `<!-- /name -->`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./paths.js";
import type { Results } from "./result.js";
import { caseTable, factTable, goalTable, transcriptionTable } from "./table.js";

function replaced(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`there is no ${open} ... ${close}`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}

export function replaceSection(file: string, name: string, content: string): void {
  writeFileSync(file, replaced(readFileSync(file, "utf8"), name, content));
}

function machineLine({ measured, machine, peers }: Results): string {
  const torch = typeof peers === "string" ? `no peers (${peers})` : `torch ${peers.torch}`;
  const { cpu, isa, threads, memoryGiB, system, node, version, commit, load } = machine;
  return (
    `${cpu} (${isa}), ${threads} threads, ${memoryGiB} GiB, ${system}, Node ${node}, ${torch}, ` +
    `lean-optim ${version} at commit ${commit}, ${measured}, load before the run ${load}.`
  );
}

export function writeDocument(results: Results): string {
  const file = join(checkout(), "docs", "benchmarks.md");
  let text = readFileSync(file, "utf8");
  text = replaced(text, "machine", machineLine(results));
  text = replaced(text, "goals", goalTable(results));
  text = replaced(text, "transcription", transcriptionTable(results.transcriptions));
  text = replaced(text, "facts", factTable(results.facts));
  text = replaced(text, "cases", caseTable(results.cases));
  writeFileSync(file, text);
  return file;
}
