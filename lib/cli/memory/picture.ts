/** Estimates as tables and as bars of block characters. */
import type { MemoryReport } from "../../memory.js";
import { inUnit, table, unitFor } from "../text.js";
import type { Estimate } from "./estimate.js";

/** One optimizer's estimate under its name. */
export interface NamedEstimate {
  readonly name: string;
  readonly estimate: Estimate;
}

const cells = 48;

/** What a bar is made of, in order. */
const segments = [
  { label: "momentum", mark: "█", of: ({ byKind }: MemoryReport) => byKind.momentum },
  { label: "second moments", mark: "▓", of: ({ byKind }: MemoryReport) => byKind.secondMoment },
  { label: "bases", mark: "░", of: ({ byKind }: MemoryReport) => byKind.basis },
  { label: "errors", mark: "▒", of: ({ byKind }: MemoryReport) => byKind.error },
] as const;

const conventions = [
  { title: "as published", report: ({ published }: Estimate) => published },
  { title: "as allocated here", report: ({ allocated }: Estimate) => allocated },
] as const;

const moments = ({ byKind }: MemoryReport) => byKind.momentum + byKind.secondMoment;

export function comparisonTable({ name, estimate }: NamedEstimate, adam: NamedEstimate): string {
  const unit = unitFor(Math.max(adam.estimate.allocated.total, estimate.allocated.total));
  const row = (label: string, bytes: (report: MemoryReport) => number, of = estimate) => [
    label,
    ...conventions.map(({ report }) => inUnit(bytes(report(of)), unit)),
  ];
  const share = (label: string, bytes: (report: MemoryReport) => number) => [
    label,
    ...conventions.map(({ report }) => {
      const whole = report(adam.estimate).total;
      return whole === 0 ? "" : `${((100 * bytes(report(estimate))) / whole).toFixed(1)} %`;
    }),
  ];
  return table([
    [unit.name, ...conventions.map(({ title }) => title)],
    ...segments.slice(0, 2).map(({ label, of }) => row(label, of)),
    row("moments", moments),
    row("bases", ({ byKind }) => byKind.basis),
    row("errors fed back", ({ byKind }) => byKind.error),
    row("counters, alignment", ({ byKind, padding }) => byKind.counters + padding),
    row(`${name} in all`, ({ total }) => total),
    row(`${adam.name} in all`, ({ total }) => total, adam.estimate),
    share("its moments, of that", moments),
    share("all of it, of that", ({ total }) => total),
  ]);
}

/** A bar for each optimizer and convention, all on one scale. */
export function bars(estimates: readonly NamedEstimate[]): string {
  const longest = Math.max(...estimates.map(({ estimate }) => estimate.allocated.total), 1);
  const unit = unitFor(longest);
  const width = Math.max(...estimates.map(({ name }) => name.length));
  const lines = conventions.flatMap(({ title, report }) => [
    title,
    ...estimates.map(({ name, estimate }) => {
      const of = report(estimate);
      const size = `${inUnit(of.total, unit)} ${unit.name}`;
      return `  ${name.padEnd(width)}  ${bar(of, longest)} ${size}`;
    }),
  ]);
  const legend = segments.map(({ label, mark }) => `${mark} ${label}`).join("   ");
  return [...lines, legend].join("\n");
}

/** Segments end at the cell nearest to where they should, so that rounding does not add up. */
function bar(report: MemoryReport, longest: number): string {
  let sum = 0;
  let text = "";
  for (const { mark, of } of segments) {
    sum += of(report);
    text += mark.repeat(Math.max(0, Math.round((cells * sum) / longest) - text.length));
  }
  return text === "" ? "▏" : text;
}
