/** The parts of a chart. Needs --text, --quiet, --rule and --panel, and --series of every line. */
export const chartStyle = `\
.chart text { fill: var(--text); }
.chart .tick, .chart .axis { fill: var(--quiet); }
.grid { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke: var(--series); stroke-width: 2.25; stroke-linejoin: round; }
.mark { fill: var(--series); stroke: var(--panel); stroke-width: 1; }
.guide { fill: none; stroke: var(--series); stroke-width: 1.25; stroke-dasharray: 1.5 4; stroke-linecap: round; }
.leader { stroke: var(--series); stroke-width: 1; opacity: 0.5; }
.chart .name { fill: var(--series); font-weight: 600; }`;

/**
 * The report's style sheet. Colours are told apart by people who see colours differently and have
 * a contrast of at least 3:1 to the page in its light and its dark form; lines differ in their
 * dashes, too.
 */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #fbfaf7; --panel: #ffffff; --text: #1d2329; --quiet: #5b6570; --rule: #e3e0d8;
  --adamw: #5a6675; --adamsn: #bf5710; --adamsnsm: #0b7a75;
  --momentum: #31688e; --second-moment: #c08a1e; --basis: #35957a; --counters: #8a8f98;
  --model: #c4c9cf; --optimizer: #31688e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1b1f25; --text: #e8e9ea; --quiet: #a1a9b3; --rule: #30363e;
    --adamw: #a9b4c3; --adamsn: #f29d52; --adamsnsm: #45cdc3;
    --momentum: #6aa9d8; --second-moment: #e3b657; --basis: #5fc9a5; --counters: #8a8f98;
    --model: #4a525c; --optimizer: #6aa9d8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 48px 24px 80px; }
h1 { font-size: 2rem; line-height: 1.2; text-wrap: balance; margin: 0 0 8px; letter-spacing: -0.02em; }
h2 { font-size: 1.25rem; margin: 0 0 4px; letter-spacing: -0.01em; }
p { margin: 0 0 12px; max-width: 74ch; }
.lead { font-size: 1.08rem; color: var(--quiet); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 16px; margin: 28px 0; }
.card, section {
  background: var(--panel); border: 1px solid var(--rule); border-radius: 12px;
}
.card { display: flex; flex-direction: column; padding: 18px 20px; border-top: 4px solid var(--series); }
.card h2 { color: var(--series); }
.card p { font-size: 0.9rem; color: var(--quiet); }
.card dl { display: grid; grid-template-columns: 1fr auto; gap: 4px 12px; margin: auto 0 0; }
.card dt { color: var(--quiet); }
.card dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; font-weight: 600; }
section { padding: 24px 28px; margin: 20px 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 20px; }
.pair section { margin: 0; }
figure { margin: 12px 0 0; overflow-x: auto; }
figcaption { font-size: 0.88rem; color: var(--quiet); margin-top: 6px; max-width: 74ch; }
.chart { display: block; width: 100%; max-width: 800px; height: auto; font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
${chartStyle}
.adamw { --series: var(--adamw); }
.adamsn { --series: var(--adamsn); }
.adamsnsm { --series: var(--adamsnsm); }
.allowed { --series: var(--quiet); }
.adamw .line { stroke-dasharray: 7 4; }
.adamsn .line { stroke-dasharray: 2 3; stroke-linecap: round; }
.segment { stroke: var(--panel); stroke-width: 1; }
.momentum { fill: var(--momentum); }
.secondMoment { fill: var(--second-moment); }
.basis { fill: var(--basis); }
.counters { fill: var(--counters); }
.model { fill: var(--model); }
.optimizer { fill: var(--optimizer); }
.bar-name { font-weight: 600; }
.samples { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 16px 28px; }
.sample figcaption { color: var(--series); font-weight: 600; font-size: 1rem; }
blockquote { margin: 4px 0 0; padding-left: 14px; border-left: 3px solid var(--series); white-space: pre-line; font-family: Georgia, "Times New Roman", serif; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.93rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; }
td.number, th.number { text-align: right; }
.best { font-weight: 700; }
details { margin-top: 12px; }
section > details:only-child { margin-top: 0; }
summary { cursor: pointer; color: var(--quiet); }
ul { padding-left: 1.2em; max-width: 74ch; }
li { margin-bottom: 6px; }
footer { color: var(--quiet); font-size: 0.88rem; margin-top: 28px; }
@media (max-width: 560px) { .pair { grid-template-columns: minmax(0, 1fr); } section { padding: 18px; } }
@media print { section, .card { break-inside: avoid; } }
`;
