/** The table of results, which a script sorts, and the sweeps'. */

import {
  formatBytes,
  formatCount,
  formatLoss,
  formatRate,
} from "../../../examples/language-model/report/format.js";
import { type Markup, markup } from "../../../examples/language-model/report/markup.js";
import { type Column, table } from "../../../examples/language-model/report/table.js";
import type { ComparisonRecord, EntryRecord } from "../record.js";
import { type Estimate, type Summary, summaries } from "../statistics.js";
import { swatch } from "./look.js";

/** `4.103 ± 0.012`. */
export function formatEstimate({ mean, deviation }: Estimate): string {
  return Number.isFinite(mean) ? `${mean.toFixed(3)} ± ${deviation.toFixed(3)}` : "diverged";
}

/** `+0.012 ± 0.003`. */
export function formatDifference({ mean, deviation }: Estimate): string {
  if (!Number.isFinite(mean)) return "diverged";
  return `${mean < 0 ? "−" : "+"}${Math.abs(mean).toFixed(3)} ± ${deviation.toFixed(3)}`;
}

/** What of an entry's trainings diverged. */
export function formatDiverged({ entry, diverged, sweepDiverged }: Summary): string {
  const parts = [
    diverged > 0 ? `${diverged} of ${entry.runs.length} seeds` : "",
    sweepDiverged > 0 ? `${sweepDiverged} of ${entry.sweep.length} rates` : "",
  ];
  return parts.filter((part) => part !== "").join(", ") || "no";
}

/** The learning rate, marked where a neighbour on one side was not tried. */
export function formatChosenRate({ entry, isAtEdge }: Summary): string {
  return `${formatRate(entry.learningRate)}${isAtEdge ? " (edge)" : ""}`;
}

const last = (value: number) => (Number.isFinite(value) ? value : Number.MAX_VALUE);

const columns: readonly Column<Summary>[] = [
  {
    title: "Recipe",
    cell: ({ entry }) => markup`${swatch(entry)} ${entry.title}`,
    sortBy: ({ entry }) => entry.title,
  },
  {
    title: "Learning rate",
    isNumber: true,
    cell: formatChosenRate,
    sortBy: ({ entry }) => entry.learningRate,
  },
  {
    title: "Validation loss",
    isNumber: true,
    cell: ({ loss }) => formatEstimate(loss),
    sortBy: ({ loss }) => last(loss.mean),
  },
  {
    title: "Over AdamW",
    isNumber: true,
    cell: (row) => (row.entry.name === "adamw" ? "–" : formatDifference(row.overAdamw)),
    sortBy: ({ overAdamw }) => last(overAdamw.mean),
  },
  {
    title: "State",
    isNumber: true,
    cell: ({ stateBytes }) => formatBytes(stateBytes),
    sortBy: ({ stateBytes }) => stateBytes,
  },
  {
    title: "Optimizer, ms a step",
    isNumber: true,
    cell: ({ stepMilliseconds }) => stepMilliseconds.toFixed(2),
    sortBy: ({ stepMilliseconds }) => stepMilliseconds,
  },
  {
    title: "Seconds",
    isNumber: true,
    cell: ({ seconds }) => seconds.toFixed(1),
    sortBy: ({ seconds }) => seconds,
  },
  {
    title: "Diverged?",
    cell: formatDiverged,
    sortBy: ({ diverged, sweepDiverged }) => 1000 * diverged + sweepDiverged,
  },
];

export function resultsTable(rows: readonly Summary[]): Markup {
  return markup`<div id="results">${table(columns, rows)}</div>`;
}

interface SweepRow {
  readonly entry: EntryRecord;
  readonly rates: string;
}

/** Every rate that was tried, the chosen one marked. */
export function sweepTable(record: ComparisonRecord): Markup {
  const rows = summaries(record).map(({ entry }): SweepRow => {
    const rates = entry.sweep.map(({ learningRate, loss, diverged }) => {
      const mark = learningRate === entry.learningRate ? "*" : "";
      const shown = `${formatLoss(loss ?? Number.NaN)}${diverged && loss !== null ? " diverged" : ""}`;
      return `${formatRate(learningRate)}${mark} ${shown}`;
    });
    return { entry, rates: rates.join(" · ") };
  });
  return table<SweepRow>(
    [
      { title: "Recipe", cell: ({ entry }) => entry.title },
      {
        title: `Learning rate, loss after ${formatCount(record.size.sweepSteps)} steps (* chosen)`,
        cell: ({ rates }) => rates,
      },
    ],
    rows,
  );
}
