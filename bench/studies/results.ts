/** What studies found, on disk: bench/results/convergence.json, its pictures, and docs/convergence.md. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceSection } from "../support/document.js";
import { resultsFile } from "../support/json.js";
import { checkout } from "../support/paths.js";
import { picture } from "./picture.js";
import { type Plot, type Study, sentenceOf } from "./study.js";

export interface Finding {
  readonly id: string;
  readonly measured: string;
  /** Of the processor. */
  readonly seconds: number;
  readonly plots: readonly Plot[];
}

const file = () => resultsFile("convergence.json");

export function readFindings(): Finding[] {
  return existsSync(file()) ? JSON.parse(readFileSync(file(), "utf8")) : [];
}

/** Takes the place of earlier findings of the same studies. */
export function writeFindings(findings: readonly Finding[], studies: readonly Study[]): void {
  const earlier = readFindings();
  const all = studies.flatMap(({ id }) => {
    const isOfIt = (finding: Finding) => finding.id === id;
    return findings.find(isOfIt) ?? earlier.find(isOfIt) ?? [];
  });
  writeFileSync(file(), `${JSON.stringify(all, rounded, 1)}\n`);
  const written = readFindings();
  for (const plot of written.flatMap(({ plots }) => plots)) {
    writeFileSync(resultsFile(pictureName(plot)), picture(plot));
  }
  replaceSection(join(checkout(), "docs", "convergence.md"), "studies", page(written, studies));
  replaceSection(join(checkout(), "README.md"), "studies", summary(written));
}

/** What stands between the markers of docs/convergence.md. */
export function page(findings: readonly Finding[], studies: readonly Study[]): string {
  return studies
    .flatMap(({ id, title, about }) => {
      const finding = findings.find((one) => one.id === id);
      return finding === undefined
        ? []
        : [`## ${title}`, about, ...finding.plots.map(section), made(finding)];
    })
    .join("\n\n");
}

/** What stands between the markers of README.md. */
export function summary(findings: readonly Finding[]): string {
  const curves = findings.flatMap(({ plots }) => plots.flatMap(({ curves }) => curves));
  const judged = curves.filter(({ verdict }) => verdict !== undefined);
  const held = judged.filter(({ verdict }) => verdict === "held");
  return (
    `\`npm run studies\` tries what papers prove of these methods on small problems, through the library itself: ` +
    `${held.length} of ${judged.length} predicted slopes held.`
  );
}

function section(plot: Plot): string {
  const { title, curves, symbol, otherwise } = plot;
  const sentences = curves.map((curve) => `- ${sentenceOf(curve, symbol)}`);
  const isAsPredicted = curves.every(({ verdict }) => verdict === undefined || verdict === "held");
  return [
    `![${title}](../bench/results/${pictureName(plot)})`,
    sentences.join("\n"),
    ...(otherwise === undefined || isAsPredicted ? [] : [otherwise]),
  ].join("\n\n");
}

function made({ id, measured, seconds }: Finding): string {
  return `\`npm run studies -- --only ${id}\`, ${measured}, ${seconds} s of one core.`;
}

function pictureName({ id }: Plot): string {
  return `convergence-${id}.svg`;
}

/** Only the digits that mean something. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(5))
    : value;
}
