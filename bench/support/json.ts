/** Results on disk: bench/results/<name>.json. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchFolder } from "./paths.js";
import type { Results } from "./result.js";

export function resultsFile(name: string): string {
  return join(benchFolder(), "results", name);
}

export function writeResults(name: string, results: Results): string {
  const file = resultsFile(`${name}.json`);
  mkdirSync(join(benchFolder(), "results"), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  return file;
}

export function readResults(name: string): Results {
  return JSON.parse(readFileSync(resultsFile(`${name}.json`), "utf8")) as Results;
}
