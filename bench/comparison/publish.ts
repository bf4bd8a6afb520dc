/** Writes the numbers, the picture and the tables that the repository shows. */

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { formatBytes } from "../../examples/language-model/report/format.js";
import { replaceSection } from "../support/document.js";
import { resultsFile } from "../support/json.js";
import { checkout } from "../support/paths.js";
import { table } from "../support/table.js";
import type { ComparisonRecord } from "./record.js";
import { comparisonPicture } from "./report/picture.js";
import {
  formatChosenRate,
  formatDifference,
  formatDiverged,
  formatEstimate,
} from "./report/results-table.js";
import { type Summary, summaries } from "./statistics.js";

/** Of the README's table: the rest is in docs/comparison.md. */
const README_ROWS = 8;

const heads = ["recipe", "validation loss", "over AdamW", "state", "optimizer, ms a step"];

function row(summary: Summary): string[] {
  const { entry, loss, overAdamw, stateBytes, stepMilliseconds } = summary;
  return [
    entry.title,
    formatEstimate(loss),
    entry.name === "adamw" ? "–" : formatDifference(overAdamw),
    formatBytes(stateBytes),
    stepMilliseconds.toFixed(2),
  ];
}

/** Returns the files, from the checkout. */
export function publish(record: ComparisonRecord): string[] {
  const rows = summaries(record);
  const numbers = resultsFile("comparison.json");
  const picture = resultsFile("comparison.svg");
  const readme = join(checkout(), "README.md");
  const document = join(checkout(), "docs", "comparison.md");
  writeFileSync(numbers, `${JSON.stringify(record, null, 1)}\n`);
  writeFileSync(picture, comparisonPicture(record));
  replaceSection(readme, "comparison", table(heads, rows.slice(0, README_ROWS).map(row)));
  const all = rows.map((summary) => [
    ...row(summary),
    formatChosenRate(summary),
    formatDiverged(summary),
  ]);
  replaceSection(document, "comparison", table([...heads, "learning rate", "diverged"], all));
  return [numbers, picture, readme, document].map((file) => relative(checkout(), file));
}
