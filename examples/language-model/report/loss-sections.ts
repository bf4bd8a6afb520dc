import type { ContenderResult, Evaluation } from "../training/results.js";
import { formatCount, formatLoss, formatNumber, formatTokens } from "./format.js";
import { lineChart, type Series } from "./line-chart.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";
import { table } from "./table.js";

/** Curves start at this evaluation's loss: the fall from the first ones would flatten the rest. */
const FIRST_SHOWN = 2;

/** The width of a drawing that shares its line with another. */
const HALF_WIDTH = 520;

/** Validation loss against tokens and against seconds, and the numbers of both. */
export function lossSections({ results, facts }: DemoRecord): Markup {
  const description = results
    .map(({ title, evaluations }) => {
      const last = evaluations.at(-1);
      return `${title} ends at ${formatLoss(last?.loss ?? Number.NaN)}`;
    })
    .join("; ");
  const common = {
    description: `Validation loss falls during training. ${description}.`,
    yLabel: "validation loss, nats per token",
    width: HALF_WIDTH,
    yDomain: shownLosses(results),
  };
  const byTokens = lineChart({
    ...common,
    id: "loss-by-tokens",
    title: "Validation loss against tokens",
    xLabel: "tokens trained on",
    series: curves(results, ({ tokens }) => tokens),
    formatX: formatTokens,
  });
  const bySeconds = lineChart({
    ...common,
    id: "loss-by-seconds",
    title: "Validation loss against seconds",
    xLabel: "seconds of training, without evaluations",
    series: curves(results, ({ seconds }) => seconds),
    formatX: formatNumber,
  });
  return markup`<div class="pair">
<section><h2>Loss against tokens</h2><figure>${byTokens}
<figcaption>What each optimizer makes of the same data. Evaluated on ${formatCount(facts.evaluationTokens)} tokens spread
over the held-out tail of the book; the first losses lie above the drawing.</figcaption></figure></section>
<section><h2>Loss against seconds</h2><figure>${bySeconds}
<figcaption>The same losses against the time of forward, backward and optimizer. The optimizers took turns, a step each,
another one first every time, so that the machine's other work slowed all alike.</figcaption></figure></section>
</div>
<section><details><summary>The numbers behind the curves</summary>${lossTable(results)}</details></section>`;
}

function curves(
  results: readonly ContenderResult[],
  x: (evaluation: Evaluation) => number,
): Series[] {
  return results.map(({ title, name, evaluations }) => ({
    name: title,
    style: name,
    points: evaluations
      .filter(({ loss }) => Number.isFinite(loss))
      .map((evaluation) => ({
        x: x(evaluation),
        y: evaluation.loss,
        note: `${title}, step ${evaluation.step}: ${formatLoss(evaluation.loss)}`,
      })),
  }));
}

function shownLosses(results: readonly ContenderResult[]): [number, number] {
  const losses = (evaluations: readonly Evaluation[]) =>
    evaluations.map(({ loss }) => loss).filter(Number.isFinite);
  const all = results.flatMap(({ evaluations }) => losses(evaluations));
  const late = results.flatMap(({ evaluations }) => losses(evaluations.slice(FIRST_SHOWN)));
  return [Math.min(...all), Math.max(...(late.length > 0 ? late : all))];
}

type Show = (evaluation: Evaluation) => string;

function lossTable(results: readonly ContenderResult[]): Markup {
  const counts = results.map(({ evaluations }) => evaluations.map(({ tokens }) => tokens));
  const [first = []] = counts;
  // Where batches grow, each optimizer is evaluated at tokens of its own.
  const areShared = counts.every((own) => own.join() === first.join());
  const rows = Array.from({ length: Math.max(...counts.map((own) => own.length)) }, (_, i) => i);
  const column = (title: string, evaluations: readonly Evaluation[], show: Show) => ({
    title,
    isNumber: true,
    cell: (i: number) => {
      const evaluation = evaluations[i];
      return evaluation === undefined ? "" : show(evaluation);
    },
  });
  const tokens: Show = ({ tokens }) => formatCount(tokens);
  return table(
    [
      ...(areShared ? [column("Tokens", results[0]?.evaluations ?? [], tokens)] : []),
      ...results.flatMap(({ title, evaluations }) => [
        ...(areShared ? [] : [column(`${title}, tokens`, evaluations, tokens)]),
        column(areShared ? `${title}, loss` : "loss", evaluations, ({ loss }) => formatLoss(loss)),
        column("after seconds", evaluations, ({ seconds }) => seconds.toFixed(1)),
      ]),
    ],
    rows,
  );
}
