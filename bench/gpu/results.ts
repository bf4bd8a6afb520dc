/**
 * Puts what the GPU kit measured into the checkout: `npm run gpu-results -- <folder>` writes
 * bench/results/<device>.json, and the GPU's tables of README.md and docs/benchmarks.md. Without a
 * folder the tables alone, from what is there.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceSection } from "../support/document.js";
import { resultsFile } from "../support/json.js";
import { benchFolder, checkout } from "../support/paths.js";
import { readStage } from "./stage.js";
import { detailTables, type GpuResults, speedTable } from "./tables.js";

const stages = ["ceilings", "verify", "sanitize", "bench", "refresh", "peers"] as const;

/** "NVIDIA H200" as nvidia-h200. */
function fileName(device: string): string {
  return device.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** What a folder of the kit holds; of a rehearsal there is nothing to keep. */
export function collect(folder: string, measured: string): GpuResults {
  const found = stages.flatMap((name) => readStage(folder, name) ?? []);
  const [first] = found;
  if (first === undefined) throw new Error(`${folder} has no results of the kit`);
  const { device } = first;
  if (found.some(({ device: { kind } }) => !kind.startsWith("cuda/"))) {
    throw new Error(`${folder} was a rehearsal: its numbers are no GPU's`);
  }
  if (found.some(({ device: { name, build } }) => name !== device.name || build !== device.build)) {
    throw new Error(`${folder} has stages of several devices or builds`);
  }
  return {
    gpu: device.name,
    measured,
    driver: device.driver,
    build: device.build,
    stages: Object.fromEntries(found.map((file) => [file.stage, file])),
  };
}

/** Every GPU that was measured. */
export function measuredGpus(folder = join(benchFolder(), "results")): GpuResults[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Partial<GpuResults>)
    .filter((results): results is GpuResults => results.gpu !== undefined);
}

function write(): void {
  const [folder] = process.argv.slice(2);
  if (folder !== undefined) {
    const results = collect(folder, new Date().toISOString().slice(0, 10));
    const file = resultsFile(`${fileName(results.gpu)}.json`);
    writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
    console.log(`wrote ${file}`);
  }
  const gpus = measuredGpus();
  replaceSection(join(checkout(), "README.md"), "gpu", speedTable(gpus));
  replaceSection(join(checkout(), "docs", "benchmarks.md"), "gpu", detailTables(gpus));
}

if (require.main === module) write();
