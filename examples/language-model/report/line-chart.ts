import { formatNumber, formatTicks } from "./format.js";
import { type Markup, markup } from "./markup.js";
import { linearScale, logScale, type Scale } from "./scale.js";

export interface Point {
  readonly x: number;
  readonly y: number;
  /** What a pointer resting on the point reads. */
  readonly note: string;
}

/** Between which values of y something lies at x. */
export interface Span {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/** A line with a name; `style` chooses its colour, dashes and marks in the style sheet. */
export interface Series {
  readonly name: string;
  readonly style: string;
  readonly points: readonly Point[];
  /** A band behind the line; a single one is a whisker. */
  readonly spread?: readonly Span[];
  /** false: the name does not stand at the line's end, but in a legend elsewhere. */
  readonly isNamed?: boolean;
  /** A line to hold others against: dotted, in front of them, without marks and name. */
  readonly isGuide?: boolean;
}

export interface LineChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Values of y outside of it are cut off; all that there are, if not given. */
  readonly yDomain?: readonly [number, number];
  readonly xIsLogarithmic?: boolean;
  readonly yIsLogarithmic?: boolean;
  /** The width of the drawing, whose text is sized for it. Default 720; narrower beside another. */
  readonly width?: number;
  readonly formatX: (value: number) => string;
  readonly formatY?: (value: number) => string;
}

const FULL_WIDTH = 720;
/** Below the least text would be too small: then the figure scrolls. */
const LEAST_SCALE = 0.56;
const MOST_SCALE = 1.12;
const HEIGHT = 400;
const MARGIN = { top: 16, right: 112, bottom: 52, left: 60 } as const;
const BOTTOM = HEIGHT - MARGIN.bottom;

/** The least distance of two lines' names. */
const NAME_DISTANCE = 17;

/** A line that ends further than this from the right edge has its name where it ends. */
const NAME_REACH = 40;

function rightEdge({ width = FULL_WIDTH }: LineChart): number {
  return width - MARGIN.right;
}

/** An SVG figure with axes, a grid, one marked line per series and its name at the line's end. */
export function lineChart(chart: LineChart): Markup {
  const { id, title, description, series } = chart;
  const x = horizontalScale(chart);
  const y = verticalScale(chart);
  const { width = FULL_WIDTH } = chart;
  const right = rightEdge(chart);
  return markup`<svg class="chart" style="min-width: ${round(LEAST_SCALE * width)}px; max-width: ${round(MOST_SCALE * width)}px" id="${id}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title>
<desc id="${id}-description">${description}</desc>
<clipPath id="${id}-area"><rect x="${MARGIN.left - 6}" y="${MARGIN.top - 6}" width="${right - MARGIN.left + 12}" height="${BOTTOM - MARGIN.top + 6}"/></clipPath>
${horizontalAxis(chart, x)}
${verticalAxis(chart, y)}
<g clip-path="url(#${id}-area)">${series.map((line) => drawLine(line, x, y))}</g>
${lineNames(series, x, y, right)}
</svg>`;
}

function horizontalScale(chart: LineChart): Scale {
  const { series, xIsLogarithmic } = chart;
  const values = series.flatMap(({ points }) => points.map(({ x }) => x));
  const domain = [Math.min(...values), Math.max(...values)] as const;
  const range = [MARGIN.left, rightEdge(chart)] as const;
  return xIsLogarithmic ? logScale(domain, range) : linearScale(domain, range);
}

function verticalScale({ series, yDomain, yIsLogarithmic }: LineChart): Scale {
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  const [low, high] = yDomain ?? [Math.min(...values), Math.max(...values)];
  if (yIsLogarithmic) {
    const room = (high / low) ** 0.05;
    return logScale([low / room, high * room], [BOTTOM, MARGIN.top]);
  }
  const room = (high - low || 1) * 0.05;
  return linearScale([low - room, high + room], [BOTTOM, MARGIN.top]);
}

function horizontalAxis(chart: LineChart, x: Scale): Markup {
  const { xLabel, formatX } = chart;
  const ticks = x.ticks.map((tick) => {
    const place = round(x.place(tick));
    return markup`<line class="grid" x1="${place}" x2="${place}" y1="${MARGIN.top}" y2="${BOTTOM}"/>
<text class="tick" x="${place}" y="${BOTTOM + 20}" text-anchor="middle">${formatX(tick)}</text>`;
  });
  const middle = (MARGIN.left + rightEdge(chart)) / 2;
  return markup`${ticks}<text class="axis" x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">${xLabel}</text>`;
}

function verticalAxis(chart: LineChart, y: Scale): Markup {
  const { yLabel, yIsLogarithmic, formatY = yIsLogarithmic && formatNumber } = chart;
  const right = rightEdge(chart);
  const labels = formatY ? y.ticks.map(formatY) : formatTicks(y.ticks);
  const ticks = y.ticks.map((tick, i) => {
    const place = round(y.place(tick));
    return markup`<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${place}" y2="${place}"/>
<text class="tick" x="${MARGIN.left - 8}" y="${place + 4}" text-anchor="end">${labels[i]}</text>`;
  });
  const middle = (MARGIN.top + BOTTOM) / 2;
  return markup`${ticks}<text class="axis" transform="translate(12 ${middle}) rotate(-90)" text-anchor="middle">${yLabel}</text>`;
}

function drawLine(
  { name, style, points, spread = [], isGuide }: Series,
  x: Scale,
  y: Scale,
): Markup {
  const places = points.map((point) => `${round(x.place(point.x))} ${round(y.place(point.y))}`);
  if (isGuide) return markup`<path class="guide ${style}" d="M${places.join("L")}"/>`;
  const marks = points.map(
    (point) =>
      markup`<circle class="mark" cx="${round(x.place(point.x))}" cy="${round(y.place(point.y))}" r="3.5"><title>${point.note}</title></circle>`,
  );
  const line = places.length > 1 ? markup`<path class="line" d="M${places.join("L")}"/>` : "";
  return markup`<g class="series ${style}" data-series="${name}">${drawSpread(spread, x, y)}${line}${marks}</g>`;
}

function drawSpread(spread: readonly Span[], x: Scale, y: Scale): Markup | undefined {
  const [first] = spread;
  if (first === undefined) return undefined;
  if (spread.length === 1) {
    const place = round(x.place(first.x));
    return markup`<path class="whisker" d="M${place} ${round(y.place(first.low))}V${round(y.place(first.high))}"/>`;
  }
  const edge = (pick: (span: Span) => number) =>
    spread.map((span) => `${round(x.place(span.x))} ${round(y.place(pick(span)))}`);
  const outline = [...edge(({ high }) => high), ...edge(({ low }) => low).reverse()];
  return markup`<path class="band" d="M${outline.join("L")}Z"/>`;
}

interface Label {
  readonly name: string;
  readonly style: string;
  readonly fromX: number;
  readonly fromY: number;
  /** Where the text begins, and about where it ends. */
  readonly x: number;
  readonly end: number;
  y: number;
}

/** Of a letter, about. */
const LETTER_WIDTH = 7.5;

/** The lines' names: where lines end, or at the right edge; moved apart, and then led to. */
function lineNames(series: readonly Series[], x: Scale, y: Scale, right: number): Markup {
  const labels = series
    .filter(({ points, isNamed = true, isGuide }) => isNamed && !isGuide && points.length > 0)
    .map(({ name, style, points }): Label => {
      const last = points.at(-1) as Point;
      const [fromX, fromY] = [round(x.place(last.x)), round(y.place(last.y))];
      const isBeside = fromX >= right - NAME_REACH;
      const start = isBeside ? right + 18 : fromX + 9;
      return {
        name,
        style,
        fromX,
        fromY,
        x: start,
        end: start + name.length * LETTER_WIDTH,
        y: fromY,
      };
    })
    .sort((a, b) => a.y - b.y);
  moveApart(labels);
  return markup`${labels.map(({ name, style, fromX, fromY, x, y }) => {
    const isLed = x > right || Math.abs(y - fromY) > NAME_DISTANCE / 2;
    const leader = isLed
      ? markup`<path class="leader" d="M${fromX + 6} ${fromY}L${x - 4} ${y}"/>`
      : "";
    return markup`<g class="series ${style}">${leader}<text class="name" x="${x}" y="${y + 4}">${name}</text></g>`;
  })}`;
}

/** Moves labels down where they would cover those above, then those up again that are too low. */
function moveApart(labels: Label[]): void {
  const beside = (label: Label, others: readonly Label[]) =>
    others.filter((other) => other.x < label.end && label.x < other.end);
  labels.forEach((label, i) => {
    const above = beside(label, labels.slice(0, i)).map(({ y }) => y + NAME_DISTANCE);
    label.y = round(Math.max(label.y, ...above));
  });
  labels.sort((a, b) => b.y - a.y);
  labels.forEach((label, i) => {
    const below = beside(label, labels.slice(0, i)).map(({ y }) => y - NAME_DISTANCE);
    label.y = round(Math.min(label.y, BOTTOM, ...below));
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
