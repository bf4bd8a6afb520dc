/** Finds the benches: every `*.bench.ts` in the folders that mirror the sources. No list to keep. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { BenchCase } from "./case.js";
import { benchFolder } from "./paths.js";
import type { Fact } from "./result.js";

const FOLDERS = ["recipes", "kernels", "program"];
const BENCH = /\.bench\.ts$/;

export interface Suite {
  /** "recipes/adamw" */
  readonly name: string;
  readonly cases: readonly BenchCase[];
  facts(threads: number): Promise<readonly Fact[]>;
}

/** What a bench file may export. */
interface BenchModule {
  readonly cases?: readonly BenchCase[];
  readonly facts?: (suite: string, threads: number) => Promise<readonly Fact[]>;
}

function load(folder: string, file: string): Suite {
  const name = `${folder}/${file.replace(BENCH, "")}`;
  const { cases = [], facts } = require(join(benchFolder(), folder, file)) as BenchModule;
  return { name, cases, facts: async (threads) => (facts ? facts(name, threads) : []) };
}

export function findSuites(): Suite[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(benchFolder(), folder))
      .filter((file) => BENCH.test(file))
      .sort()
      .map((file) => [folder, file] as const),
  );
  return files.map(([folder, file]) => load(folder, file));
}
