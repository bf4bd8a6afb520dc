/** Comparisons as a picture: a bar for each, its quartiles as a whisker, the peer's time as 1. */

import type { Comparison, Results } from "./result.js";

const ROW = 34;
const LABELS = 330;
const BARS = 420;
const NUMBERS = 170;
const TOP = 64;
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .note { font-size: 11px; fill: #59636e }
  .bar { fill: #2f6feb } .missed { fill: #bc4c00 }
  .whisker { stroke: #1f2328; stroke-width: 1.5; fill: none }
  .peer { stroke: #59636e; stroke-dasharray: 4 3 }
  .goal { stroke: #1a7f37; stroke-width: 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .note { fill: #9198a1 } .whisker { stroke: #f0f6fc }
    .peer { stroke: #9198a1 } .goal { stroke: #3fb950 }
  }`;

interface Row {
  readonly label: string;
  readonly ours: number;
  readonly comparison: Comparison;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function rowOf({ label, ours, comparison }: Row, index: number, scale: number): string {
  const { peer, ms, ratio, atMost, met } = comparison;
  const top = TOP + index * ROW;
  const middle = top + ROW / 2 - 3;
  const x = (share: number) => (LABELS + Math.min(share, scale) * (BARS / scale)).toFixed(1);
  const goal =
    atMost === undefined
      ? ""
      : `<line class="goal" x1="${x(atMost)}" x2="${x(atMost)}" y1="${top}" y2="${top + ROW - 6}"/>`;
  const width = (Number(x(ratio.median)) - LABELS).toFixed(1);
  return `
  <text x="${LABELS - 10}" y="${middle}" text-anchor="end">${escaped(label)}</text>
  <text class="note" x="${LABELS - 10}" y="${middle + 13}" text-anchor="end">against ${escaped(peer)}</text>
  <rect class="bar${met === false ? " missed" : ""}" x="${LABELS}" y="${top + 4}" width="${width}" height="${ROW - 14}"/>
  <path class="whisker" d="M${x(ratio.lower)} ${middle}H${x(ratio.upper)}M${x(ratio.lower)} ${middle - 5}v10M${x(ratio.upper)} ${middle - 5}v10"/>
  ${goal}
  <text x="${LABELS + BARS + 12}" y="${middle + 4}">${ratio.median.toFixed(2)}<tspan class="note"> · ${ours} / ${ms.median} ms</tspan></text>`;
}

export function picture({ machine, peers, cases }: Results): string {
  const rows = cases.flatMap(({ suite, name, ms, against }) =>
    against.map((comparison) => ({
      label: `${suite.split("/").at(-1)} ${name}`,
      ours: ms.median,
      comparison,
    })),
  );
  const longest = Math.max(1, ...rows.map(({ comparison }) => comparison.ratio.upper));
  const scale = Math.min(2, Math.ceil(longest * 10) / 10);
  const width = LABELS + BARS + NUMBERS;
  const bottom = TOP + rows.length * ROW;
  const one = (LABELS + BARS / scale).toFixed(1);
  const torch = typeof peers === "string" ? "" : `, torch ${peers.torch}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 16}" role="img">
  <title>lean-optim: time of a step over its peer's</title>
  <style>${STYLE}
  </style>
  <text x="12" y="22">Time of a step over its peer's: median and quartiles, shorter is faster; green: the goal</text>
  <text class="note" x="12" y="40">${escaped(machine.cpu)}, ${machine.isa}, ${machine.threads} threads, Node ${machine.node}${torch}, commit ${machine.commit}</text>
  <line class="peer" x1="${one}" x2="${one}" y1="${TOP - 8}" y2="${bottom}"/>
  <text class="note" x="${one}" y="${TOP - 12}" text-anchor="middle">the peer</text>${rows
    .map((row, index) => rowOf(row, index, scale))
    .join("")}
</svg>
`;
}
