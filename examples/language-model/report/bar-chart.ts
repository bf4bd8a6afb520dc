import { type Markup, markup } from "./markup.js";

/** A part of a bar; `style` chooses its colour in the style sheet. */
export interface Segment {
  readonly name: string;
  readonly style: string;
  readonly value: number;
}

export interface Bar {
  readonly name: string;
  readonly segments: readonly Segment[];
  /** What stands after the bar. */
  readonly label: string;
}

export interface BarChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly bars: readonly Bar[];
  readonly format: (value: number) => string;
}

const WIDTH = 720;
/** Below it text would be too small: then the figure scrolls. */
const LEAST_WIDTH = 460;
const BAR_HEIGHT = 30;
const BAR_DISTANCE = 48;
const NAME_WIDTH = 104;
const LABEL_WIDTH = 178;
const LEGEND_HEIGHT = 34;

/** An SVG figure of horizontal bars from zero, each in segments, with a legend of these. */
export function barChart({ id, title, description, bars, format }: BarChart): Markup {
  const longest = Math.max(...bars.map(total));
  const unit = (WIDTH - NAME_WIDTH - LABEL_WIDTH) / (longest || 1);
  const height = LEGEND_HEIGHT + bars.length * BAR_DISTANCE;
  return markup`<svg class="chart" style="min-width: ${LEAST_WIDTH}px" id="${id}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title>
<desc id="${id}-description">${description}</desc>
${legend(bars)}
${bars.map((bar, i) => drawBar(bar, LEGEND_HEIGHT + i * BAR_DISTANCE, unit, format))}
</svg>`;
}

function drawBar(bar: Bar, top: number, unit: number, format: BarChart["format"]): Markup {
  let left = NAME_WIDTH;
  const segments = bar.segments.map(({ name, style, value }) => {
    if (value === 0) return undefined;
    const x = left;
    left += value * unit;
    return markup`<rect class="segment ${style}" x="${x.toFixed(1)}" y="${top}" width="${(value * unit).toFixed(1)}" height="${BAR_HEIGHT}"><title>${bar.name}, ${name}: ${format(value)}</title></rect>`;
  });
  const middle = top + BAR_HEIGHT / 2 + 5;
  return markup`<g data-bar="${bar.name}"><text class="bar-name" x="${NAME_WIDTH - 12}" y="${middle}" text-anchor="end">${bar.name}</text>${segments}
<text class="bar-label" x="${(left + 10).toFixed(1)}" y="${middle}">${bar.label}</text></g>`;
}

function legend(bars: readonly Bar[]): Markup {
  const styles = new Map(
    bars.flatMap(({ segments }) => segments.map(({ name, style }) => [name, style] as const)),
  );
  // One text, so that its parts follow each other whatever the font.
  const entries = [...styles].map(
    ([name, style], i) =>
      markup`<tspan class="${style}" dx="${i === 0 ? 0 : 22}">■</tspan><tspan dx="6">${name}</tspan>`,
  );
  return markup`<text class="tick" x="${NAME_WIDTH}" y="15">${entries}</text>`;
}

export function total({ segments }: Pick<Bar, "segments">): number {
  return segments.reduce((sum, { value }) => sum + value, 0);
}
