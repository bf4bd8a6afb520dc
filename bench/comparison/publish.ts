/** The numbers, the picture and the tables that the repository shows. */

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { formatBytes } from "../../examples/language-model/report/format.js";
import { replaceSection } from "../support/document.js";
import { resultsFile } from "../support/json.js";
import { checkout } from "../support/paths.js";
import { table } from "../support/table.js";
import type { ComparisonRecord } from "./record.js";
import { isShownAtFirst } from "./report/legend.js";
import { comparisonPicture } from "./report/picture.js";
import {
  formatChosenRate,
  formatDifference,
  formatDiverged,
  formatEstimate,
} from "./report/results-table.js";
import { type Summary, summaries } from "./statistics.js";

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

/** A line for each entry, so that changes can be read. */
function numbersText({ entries, ...rest }: ComparisonRecord): string {
  const lines = entries.map((entry) => JSON.stringify(entry));
  return `${JSON.stringify(rest, undefined, 2).slice(0, -2)},\n  "entries": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

/** The README's table has the recipes that the report shows at first, docs/comparison.md's has all. */
export function publication(record: ComparisonRecord) {
  const rows = summaries(record);
  const wellKnown = rows.filter(({ entry }) => isShownAtFirst(entry, record.entries));
  const all = rows.map((summary) => [
    ...row(summary),
    formatChosenRate(summary),
    formatDiverged(summary),
  ]);
  return {
    numbers: numbersText(record),
    picture: comparisonPicture(record),
    readmeTable: table(heads, wellKnown.map(row)),
    documentTable: table([...heads, "learning rate", "diverged"], all),
  };
}

/** Returns the files, from the checkout. */
export function publish(record: ComparisonRecord): string[] {
  const { numbers, picture, readmeTable, documentTable } = publication(record);
  const [numbersFile, pictureFile] = [
    resultsFile("comparison.json"),
    resultsFile("comparison.svg"),
  ];
  const readme = join(checkout(), "README.md");
  const document = join(checkout(), "docs", "comparison.md");
  writeFileSync(numbersFile, numbers);
  writeFileSync(pictureFile, picture);
  replaceSection(readme, "comparison", readmeTable);
  replaceSection(document, "comparison", documentTable);
  return [numbersFile, pictureFile, readme, document].map((file) => relative(checkout(), file));
}
