import { bestRun, type SweepRun } from "../learning-rates.js";
import type { ContenderResult } from "../training/results.js";
import { formatCount, formatLoss, formatRate } from "./format.js";
import { lineChart } from "./line-chart.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";
import { table } from "./table.js";

/** Of the chart: little is in it, and on a telephone it is to be seen as a whole. */
const WIDTH = 520;

interface GridRow extends SweepRun {
  readonly title: string;
  readonly isBest: boolean;
}

/** The sweep that the learning rates came from, all of it. */
export function learningRateSection({ sweep, results, settings }: DemoRecord): Markup {
  const { grid, settings: found } = sweep;
  const lengths = new Set(results.flatMap(({ name }) => grid[name].map(({ steps }) => steps)));
  const chart = lineChart({
    id: "learning-rates",
    title: "Validation loss against learning rate",
    description: results.map((result) => bestOf(result, grid[result.name])).join("; "),
    xLabel: "learning rate",
    yLabel: "validation loss, nats per token",
    series: results.map(({ name, title }) => ({
      name: title,
      style: name,
      points: grid[name]
        .filter(({ validationLoss }) => validationLoss !== null)
        .map(({ learningRate, validationLoss }) => ({
          x: learningRate,
          y: validationLoss as number,
          note: `${title}, ${formatRate(learningRate)}: ${formatLoss(validationLoss as number)}`,
        })),
    })),
    xIsLogarithmic: true,
    width: WIDTH,
    formatX: formatRate,
  });
  const isSameSize = (["layers", "width", "tokens", "rank"] as const).every(
    (key) => found[key] === settings[key],
  );
  const isSameLength = lengths.size === 1 && lengths.has(settings.steps);
  const caveat =
    isSameSize && isSameLength && settings.adaptiveBatch === undefined
      ? ""
      : " This run has another size, length or batches: its optimizers may do better at other rates.";
  return markup`<section><h2>Learning rates</h2>
<p>Each optimizer's rate is the best of a sweep that <code>npm run demo:sweep</code> repeats: from the published rate
(arXiv 2411.07120: Adam 0.005, AdamSN and AdamSNSM 0.05) in factors of two, until the best has a worse neighbour on either side.
Every point is a whole training, ${listOfCounts(lengths)} steps of ${found.tokens} tokens at ${found.layers} layers of width
${found.width}, rank ${found.rank}, judged by the same held-out tail as the final losses. Sums of squares over a row or column make
steps smaller, which is why AdamSN and AdamSNSM want a larger rate.${caveat}</p>
<figure>${chart}</figure>
<details><summary>Every rate tried</summary>${gridTable(results, grid)}</details></section>`;
}

function listOfCounts(counts: Iterable<number>): string {
  return [...counts].map(formatCount).join(" or ");
}

function bestOf({ title }: ContenderResult, runs: readonly SweepRun[]): string {
  const { learningRate, validationLoss } = bestRun(runs);
  return `${title} is best at ${formatRate(learningRate)} with ${formatLoss(validationLoss ?? Number.NaN)}`;
}

function gridTable(results: readonly ContenderResult[], grid: DemoRecord["sweep"]["grid"]): Markup {
  const rows: GridRow[] = results.flatMap(({ name, title }) => {
    const best = bestRun(grid[name]);
    return grid[name].map((run) => ({ ...run, title, isBest: run === best }));
  });
  const show = (text: string, { isBest }: GridRow) =>
    isBest ? markup`<span class="best">${text}</span>` : text;
  return table(
    [
      { title: "Optimizer", cell: ({ title }: GridRow) => title },
      {
        title: "Learning rate",
        isNumber: true,
        cell: (row) => show(formatRate(row.learningRate), row),
      },
      { title: "Steps", isNumber: true, cell: ({ steps }) => formatCount(steps) },
      {
        title: "Validation loss",
        isNumber: true,
        cell: (row) => show(formatLoss(row.validationLoss ?? Number.NaN), row),
      },
    ],
    rows,
  );
}
