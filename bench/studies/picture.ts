/** A plot as an SVG file: measured points, the spread of the seeds, and beside them predicted slopes. */

import { formatNumber } from "../../examples/language-model/report/format.js";
import { lineChart, type Series } from "../../examples/language-model/report/line-chart.js";
import { markup, raw } from "../../examples/language-model/report/markup.js";
import { chartStyle } from "../../examples/language-model/report/style.js";
import { geometricMean } from "./slope.js";
import type { Curve, Plot } from "./study.js";

const STYLE = `
svg {
  --panel: #ffffff; --text: #1f2328; --quiet: #59636e; --rule: #d8dee4;
  --a: #0b7a75; --b: #bf5710; --c: #5a6675; --d: #31688e; --e: #8a5a9e;
  font: 13px system-ui, sans-serif; fill: var(--text);
  overflow: visible;
}
@media (prefers-color-scheme: dark) { svg {
  --panel: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --rule: #30363d;
  --a: #45cdc3; --b: #f29d52; --c: #a9b4c3; --d: #6aa9d8; --e: #c79ad8;
} }
.a { --series: var(--a); } .b { --series: var(--b); } .c { --series: var(--c); } .d { --series: var(--d); }
.e { --series: var(--e); } .band { fill: var(--series); opacity: 0.18; }
.title { font-weight: 600; } .note { font-size: 12px; fill: var(--quiet); }
${chartStyle}
`;

const styles = ["a", "b", "c", "d", "e"];
/** Names of lines may be longer than the chart has room for. */
const WIDTH = 752;
const CHART_WIDTH = 720;
const HEADER = 52;
const CHART = 400;

/** How far above its curve a predicted slope is drawn, of the height of the plot. */
const DISTANCE = 0.04;

export function picture({ id, title, xLabel, yLabel, curves }: Plot): string {
  const all = curves.flatMap(({ measurements }) => measurements.map(({ values }) => values));
  const seeds = Math.max(...all.map(({ length }) => length));
  const yDomain = atLeastTenfold(Math.min(...all.flat()), Math.max(...all.flat()));
  const distance = (yDomain[1] / yDomain[0]) ** DISTANCE;
  const styled = curves.map((curve, i) => ({ curve, style: styles[i % styles.length] as string }));
  const chart = lineChart({
    id,
    title,
    description: curves.map(({ name, fit }) => `${name}: slope ${fit.slope.toFixed(2)}`).join("; "),
    xLabel,
    yLabel,
    xIsLogarithmic: true,
    yIsLogarithmic: true,
    yDomain,
    formatX: formatNumber,
    series: [
      ...styled.map(({ curve, style }) => measuredLine(curve, style)),
      ...styled.flatMap(({ curve, style }) => predictedLine(curve, style, distance)),
    ],
  });
  const note = `dotted: predicted slopes${seeds > 1 ? `; bands: least and greatest of ${seeds} seeds` : ""}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEADER + CHART}" role="img" aria-label="${title}">
<style>${raw(STYLE)}</style>
<text class="title" x="12" y="20">${title}</text>
<text class="note" x="12" y="38">${note}</text>
<svg y="${HEADER}" width="${CHART_WIDTH}" height="${CHART}">${chart}</svg>
</svg>
`.text;
}

/** Less would make much of little. */
function atLeastTenfold(low: number, high: number): [number, number] {
  const missing = Math.max(1, Math.sqrt((10 * low) / high));
  return [low / missing, high * missing];
}

function measuredLine({ name, measurements }: Curve, style: string): Series {
  const points = measurements.map(({ x, values }) => {
    const y = geometricMean(values);
    return { x, y, note: `${name}, ${formatNumber(x)}: ${y.toPrecision(3)}` };
  });
  const isSpread = measurements.some(({ values }) => values.length > 1);
  const spread = measurements.map(({ x, values }) => {
    return { x, low: Math.min(...values), high: Math.max(...values) };
  });
  return { name, style, points, ...(isSpread && { spread }) };
}

/** Parallel to where the curve should be, over the points that it is judged by. */
function predictedLine(curve: Curve, style: string, distance: number): Series[] {
  const { name, measurements, predicted, from = 0 } = curve;
  if (predicted === undefined) return [];
  const fitted = measurements.filter(({ x }) => x >= from);
  const middle = {
    x: geometricMean(fitted.map(({ x }) => x)),
    y: geometricMean(fitted.map(({ values }) => geometricMean(values))) * distance,
  };
  const points = fitted.map(({ x }) => {
    return { x, y: middle.y * (x / middle.x) ** predicted, note: "" };
  });
  return [{ name: `${name}, predicted`, style, points, isGuide: true }];
}
