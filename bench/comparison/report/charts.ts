/** Loss against tokens, seconds, bytes of state and learning rates. */

import {
  formatBytes,
  formatLoss,
  formatNumber,
  formatRate,
  formatTokens,
} from "../../../examples/language-model/report/format.js";
import {
  type LineChart,
  lineChart,
  type Series,
} from "../../../examples/language-model/report/line-chart.js";
import { type Markup, markup } from "../../../examples/language-model/report/markup.js";
import type { ComparisonRecord, EntryRecord } from "../record.js";
import { finalDomain, meanCurve, type Summary, secondsOfStep, shownDomain } from "../statistics.js";
import { isShownAtFirst } from "./legend.js";
import { styleOf } from "./look.js";

const Y_LABEL = "validation loss, nats per token";

/** Curves start at this share of the training: the fall before it would flatten the rest. */
const FIRST_SHOWN = 0.25;

type Shared = Pick<LineChart, "yDomain" | "yLabel" | "description">;

export function curveSections(record: ComparisonRecord, rows: readonly Summary[]): Markup {
  const { entries, size, facts, calibration } = record;
  const shared: Shared = {
    yLabel: Y_LABEL,
    yDomain: shownLosses(entries, size.steps),
    description: `Validation losses during training, means of ${size.seeds} seeds. At the end: ${inWords(rows)}.`,
  };
  const byTokens = lineChart({
    ...shared,
    id: "loss-by-tokens",
    title: "Validation loss against tokens",
    xLabel: "tokens trained on",
    series: curves(record, () => (step) => step * size.tokens),
    formatX: formatTokens,
  });
  const bySeconds = lineChart({
    ...shared,
    id: "loss-by-seconds",
    title: "Validation loss against seconds",
    xLabel: "seconds of one thread, evaluations left out",
    series: curves(record, (entry) => (step) => step * secondsOfStep(record, entry)),
    formatX: formatNumber,
  });
  return markup`<section><h2>Loss against tokens</h2><figure class="switched">${byTokens}
<figcaption>Means of ${size.seeds} seeds; bands reach from the lowest to the highest. On ${facts.evaluationTokens.toLocaleString("en-US")} tokens spread over the held-out tail
of the book, so that ends differ a little from the table's losses on all of it. The first losses lie above the drawing.</figcaption></figure></section>
<section><h2>Loss against seconds</h2><figure class="switched">${bySeconds}
<figcaption>The same losses, a step taking what it took in a measurement apart: ${calibration.model.toFixed(1)} ms for forward and
backward, and the table's milliseconds for the optimizer. With so slow a model, most optimizers take little of the time.</figcaption></figure></section>`;
}

export function stateSection(rows: readonly Summary[]): Markup {
  const shown = rows.filter(({ loss }) => Number.isFinite(loss.mean));
  const chart = lineChart({
    id: "loss-by-state",
    title: "Final validation loss against bytes of optimizer state",
    description: shown
      .map(
        ({ entry, loss, stateBytes }) =>
          `${entry.title}: ${formatBytes(stateBytes)}, ${formatLoss(loss.mean)}`,
      )
      .join("; "),
    xLabel: "bytes of optimizer state",
    yLabel: Y_LABEL,
    yDomain: finalDomain(shown),
    series: shown.map(({ entry, loss, least, most, stateBytes }) => ({
      name: entry.title,
      style: styleOf(entry),
      points: [
        {
          x: stateBytes,
          y: loss.mean,
          note: `${entry.title}: ${formatBytes(stateBytes)}, ${formatLoss(loss.mean)}`,
        },
      ],
      spread: [{ x: stateBytes, low: least, high: most }],
    })),
    formatX: formatBytes,
  });
  return markup`<section><h2>Loss against state</h2><figure>${chart}
<figcaption>Lower and further left is better; whiskers reach from the lowest to the highest seed. Everything that is kept between
steps, bases included. The embedding and the gains of norms are AdamW's with every recipe and make up
most of what is left at the left edge.</figcaption></figure></section>`;
}

export function sweepChart(record: ComparisonRecord): Markup {
  const { entries } = record;
  const finite = (entry: EntryRecord) => entry.sweep.filter(({ loss }) => loss !== null);
  return lineChart({
    id: "learning-rates",
    title: "Validation loss of the sweeps against learning rate",
    description: entries
      .map(({ title, learningRate }) => `${title} is best at ${formatRate(learningRate)}`)
      .join("; "),
    xLabel: "learning rate",
    yLabel: Y_LABEL,
    xIsLogarithmic: true,
    yDomain: shownDomain(entries.flatMap(finite).map(({ loss }) => loss as number)),
    series: entries.map((entry) => ({
      name: entry.title,
      style: styleOf(entry),
      isNamed: false,
      points: finite(entry).map(({ learningRate, loss }) => ({
        x: learningRate,
        y: loss as number,
        note: `${entry.title}, ${formatRate(learningRate)}: ${formatLoss(loss as number)}`,
      })),
    })),
    formatX: formatRate,
  });
}

function inWords(rows: readonly Summary[]): string {
  return rows.map(({ entry, loss }) => `${entry.title} ${formatLoss(loss.mean)}`).join(", ");
}

function curves(
  { entries }: ComparisonRecord,
  xOf: (entry: EntryRecord) => (step: number) => number,
): Series[] {
  return entries.map((entry) => {
    const points = meanCurve(entry, xOf(entry));
    return {
      name: entry.title,
      style: styleOf(entry),
      isNamed: isShownAtFirst(entry, entries),
      spread: points,
      points: points.map(({ x, step, mean }) => ({
        x,
        y: mean,
        note: `${entry.title}, step ${step}: ${formatLoss(mean)}`,
      })),
    };
  });
}

/** From the lowest loss to the highest of those that are drawn at first, after the first fall. */
function shownLosses(entries: readonly EntryRecord[], steps: number): [number, number] {
  const shown = entries.filter((entry) => isShownAtFirst(entry, entries));
  const all = shown.flatMap((entry) => meanCurve(entry, (step) => step));
  const late = all.filter(({ step }) => step >= FIRST_SHOWN * steps);
  const highest = (late.length > 0 ? late : all).map(({ high }) => high);
  return [Math.min(...all.map(({ low }) => low)), Math.max(...highest)];
}
