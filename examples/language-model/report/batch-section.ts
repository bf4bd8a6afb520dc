import {
  type BatchRecord,
  batchTests,
  GROWTH_AT_ONCE,
  MOST_GROWTH,
  TEST_INTERVAL,
} from "../training/growing-batches.js";
import type { ContenderResult } from "../training/results.js";
import { SEQUENCE_LENGTH } from "../training/task.js";
import { formatBytes, formatCount, formatTokens } from "./format.js";
import { lineChart, type Point, type Series } from "./line-chart.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";

/** The width of a drawing that shares its line with another. */
const HALF_WIDTH = 520;

/** A curve has no more points than these: each is of several steps, where there are more. */
const MOST_POINTS = 48;

/** Batch sizes and gradient noise over the training, where batches may grow. */
export function batchSection({ results, settings, facts }: DemoRecord): Markup | undefined {
  const { adaptiveBatch, tokens, steps } = settings;
  if (adaptiveBatch === undefined) return undefined;
  const stories = results.map((result) => story(result, tokens, steps));
  const common = {
    description: stories.join(" "),
    xLabel: "tokens trained on",
    width: HALF_WIDTH,
    yIsLogarithmic: true,
    formatX: formatTokens,
  };
  const sizes = lineChart({
    ...common,
    id: "batch-sizes",
    title: "Tokens of a step against tokens",
    yLabel: "tokens of a step",
    yDomain: [tokens, MOST_GROWTH * tokens],
    formatY: formatTokens,
    series: curves(results, (records) => {
      const last = records.at(-1) as BatchRecord;
      const size = last.sequences * SEQUENCE_LENGTH;
      return { y: size, note: `step ${last.step}: ${formatCount(size)} tokens` };
    }),
  });
  const noisy = curves(results, (records) => {
    const found = records.flatMap(({ noise = 0 }) => (noise > 0 ? [noise] : []));
    if (found.length === 0) return undefined;
    const y = found.reduce((sum, noise) => sum + noise, 0) / found.length;
    return { y, note: `step ${records.at(-1)?.step}: ${y.toPrecision(3)}` };
  });
  const noise = noisy.some(({ points }) => points.length > 0)
    ? markup`<figure>${lineChart({
        ...common,
        id: "gradient-noise",
        title: "Gradient noise against tokens",
        yLabel: "variance over squared norm",
        series: [...noisy, ...limit(adaptiveBatch, results)],
      })}<figcaption>How much of a gradient is chance: the variance of a batch's mean gradient over the square of its norm,
estimated from how its micro-batches differ.${adaptiveBatch === "norm" ? " Dotted: what the test allows." : ""}</figcaption></figure>`
    : markup`<p>No batch was tested.</p>`;
  const sums = (adaptiveBatch === "coordinate" ? 8 : 4) * facts.parameters;
  return markup`<div class="pair">
<section><h2>Batch size</h2><figure>${sizes}
<figcaption>Every optimizer has its own batch, from ${formatCount(tokens)} tokens up to ${formatCount(MOST_GROWTH * tokens)}: every
${TEST_INTERVAL} steps the test “${adaptiveBatch}” of <code>AdaptiveBatch</code> asks whether the gradient is too noisy for its
batch, which then grows to what would have done, or ${GROWTH_AT_ONCE} times. It never shrinks.</figcaption></figure></section>
<section><h2>Gradient noise</h2>${noise}</section>
</div>
<section><h2>What the batches did</h2><ul>${stories.map((text) => markup`<li>${text}</li>`)}</ul>
<p>Losses are compared at the tokens that each optimizer had really been trained on; larger batches make fewer steps of
them. The sums of micro-batches take ${formatBytes(sums)} beside the optimizer's state.</p></section>`;
}

/** What became of an optimizer's batches, in words. */
function story({ title, batches = [] }: ContenderResult, tokens: number, steps: number): string {
  const first = batches[0];
  const last = batches.at(-1);
  if (first === undefined || last === undefined) return `${title} made no step.`;
  const made = `${title} made ${formatCount(batches.length)} steps, ${formatCount(steps)} being those of ${formatCount(tokens)} tokens`;
  const tested = batches.filter(({ noise }) => noise !== undefined).length;
  const grown = batches.filter(({ reason }) => reason === "grown").length;
  const tests = `${formatCount(tested)} ${tested === 1 ? "test" : "tests"}`;
  if (grown === 0) return `${made}: in ${tests} its batch did not grow.`;
  const size = (record: BatchRecord) => formatCount(record.sequences * SEQUENCE_LENGTH);
  const largest = MOST_GROWTH * tokens;
  const full = batches.find(({ sequences }) => sequences * SEQUENCE_LENGTH >= largest);
  const reached =
    full === undefined
      ? ""
      : `, the largest allowed, which it reached before ${formatCount(full.samples * SEQUENCE_LENGTH)} tokens`;
  const times = grown === 1 ? "once" : `${formatCount(grown)} times`;
  return `${made}: in ${tests} its batch grew ${times}, from ${size(first)} tokens to ${size(last)}${reached}.`;
}

/** A point for every window of steps of which `at` finds something to say. */
function curves(
  results: readonly ContenderResult[],
  at: (records: readonly BatchRecord[]) => Pick<Point, "y" | "note"> | undefined,
): Series[] {
  return results.map(({ title, name, batches = [] }) => {
    const length = Math.ceil(batches.length / MOST_POINTS);
    const windows = Array.from({ length: Math.ceil(batches.length / length) }, (_, i) =>
      batches.slice(i * length, (i + 1) * length),
    );
    const points = windows.flatMap((records): Point[] => {
      const found = at(records);
      if (found === undefined) return [];
      const x = (records.at(-1) as BatchRecord).samples * SEQUENCE_LENGTH;
      return [{ x, y: found.y, note: `${title}, ${found.note}` }];
    });
    return { name: title, style: name, points };
  });
}

/** The most noise that the norm test allows. */
function limit(
  test: NonNullable<DemoRecord["settings"]["adaptiveBatch"]>,
  results: readonly ContenderResult[],
): Series[] {
  const { kind, eta = 0 } = batchTests[test];
  if (kind !== "norm") return [];
  const ends = results.flatMap(({ batches = [] }) => [batches[0], batches.at(-1)]);
  const places = ends.flatMap((record) => (record ? [record.samples * SEQUENCE_LENGTH] : []));
  const points = [Math.min(...places), Math.max(...places)].map((x) => {
    return { x, y: eta ** 2, note: "" };
  });
  return [{ name: "allowed", style: "allowed", points, isGuide: true }];
}
