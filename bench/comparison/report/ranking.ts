/** The comparison at a glance: losses in order, with every seed, beside bytes of state. */

import {
  formatBytes,
  formatLoss,
  formatTicks,
} from "../../../examples/language-model/report/format.js";
import { type Markup, markup } from "../../../examples/language-model/report/markup.js";
import { linearScale } from "../../../examples/language-model/report/scale.js";
import { finalDomain, type Summary } from "../statistics.js";
import { styleOf } from "./look.js";

const WIDTH = 900;
const ROW = 22;
const TOP = 52;
const LOSSES = { from: 150, to: 540 } as const;
const BYTES = { from: 640, to: 810 } as const;

/** `rows` in their order, the best first. */
export function ranking(rows: readonly Summary[], id = "ranking"): Markup {
  const losses = linearScale(finalDomain(rows), [LOSSES.from, LOSSES.to], 5);
  const mostBytes = Math.max(...rows.map(({ stateBytes }) => stateBytes));
  const bytes = linearScale([0, mostBytes], [BYTES.from, BYTES.to]);
  const bottom = TOP + rows.length * ROW;
  const ticks = formatTicks(losses.ticks);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="chart wide" id="${id}" viewBox="0 0 ${WIDTH} ${bottom + 10}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">Final validation losses, best first, and bytes of optimizer state</title>
<desc id="${id}-description">${rows.map(describe).join("; ")}</desc>
<text class="axis" x="${LOSSES.from}" y="14">validation loss, nats per token: every seed, and the mean</text>
<text class="axis" x="${BYTES.from}" y="14">optimizer state</text>
${losses.ticks.map((tick, i) => {
  const x = losses.place(tick).toFixed(1);
  return markup`<line class="grid" x1="${x}" x2="${x}" y1="${TOP - 8}" y2="${bottom}"/><text class="tick" x="${x}" y="${TOP - 14}" text-anchor="middle">${ticks[i]}</text>`;
})}
${rows.map((row, i) => drawRow(row, TOP + (i + 0.5) * ROW, losses.place, bytes.place))}
</svg>`;
}

function describe({ entry, loss, stateBytes }: Summary): string {
  return `${entry.title}: ${formatLoss(loss.mean)}, ${formatBytes(stateBytes)}`;
}

type Place = (value: number) => number;

function drawRow(row: Summary, y: number, ofLoss: Place, ofBytes: Place): Markup {
  const { entry, loss, least, most, stateBytes } = row;
  const x = (value: number) => Math.min(LOSSES.to, ofLoss(value)).toFixed(1);
  const marks = Number.isFinite(loss.mean)
    ? markup`<path class="whisker" d="M${x(least)} ${y}H${x(most)}"/>${entry.runs.map(
        ({ finalLoss }) =>
          markup`<circle class="seed" cx="${x(finalLoss as number)}" cy="${y}" r="2.5"/>`,
      )}<path class="mean" d="M${x(loss.mean)} ${y - 6}v12"/>`
    : "";
  const beyond = loss.mean > 0 && ofLoss(loss.mean) > LOSSES.to ? "→ " : "";
  const width = (ofBytes(stateBytes) - BYTES.from).toFixed(1);
  return markup`<g class="series ${styleOf(entry)}" data-row="${entry.name}"><text class="name" x="${LOSSES.from - 14}" y="${y + 4}" text-anchor="end">${entry.title}</text>${marks}
<text x="${LOSSES.to + 14}" y="${y + 4}">${beyond}${formatLoss(loss.mean)}</text>
<rect class="bytes" x="${BYTES.from}" y="${y - 6}" width="${width}" height="12"/><text class="tick" x="${(ofBytes(stateBytes) + 8).toFixed(1)}" y="${y + 4}">${formatBytes(stateBytes)}</text></g>`;
}

/** For the style sheet of whatever has a ranking in it. */
export const rankingStyles = `
.chart.wide { max-width: 1000px; min-width: 620px; }
.seed { fill: var(--series); opacity: 0.55; }
.mean { stroke: var(--series); stroke-width: 3; }
.bytes { fill: var(--series); opacity: 0.75; }
`;
