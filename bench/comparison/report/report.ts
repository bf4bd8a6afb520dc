/** The comparison as one HTML file that needs nothing from elsewhere. */

import { formatCount, formatRate } from "../../../examples/language-model/report/format.js";
import { type Markup, markup, raw } from "../../../examples/language-model/report/markup.js";
import { styleSheet } from "../../../examples/language-model/report/style.js";
import { table } from "../../../examples/language-model/report/table.js";
import {
  BASIS_INTERVAL,
  MAX_GRADIENT_NORM,
} from "../../../examples/language-model/training/contenders.js";
import { SEQUENCE_LENGTH } from "../../../examples/language-model/training/task.js";
import { MOST_WIDENED, RATIO } from "../plan.js";
import type { ComparisonRecord } from "../record.js";
import { type Summary, summaries } from "../statistics.js";
import { curveSections, stateSection, sweepChart } from "./charts.js";
import { legend, legendStyles } from "./legend.js";
import { entryStyles } from "./look.js";
import { ranking, rankingStyles } from "./ranking.js";
import { resultsTable, sweepTable } from "./results-table.js";
import { sortScript, sortStyles } from "./sort-script.js";

export function renderComparison(record: ComparisonRecord): string {
  const { entries, facts, size } = record;
  const rows = summaries(record);
  const styles = [
    styleSheet,
    entryStyles(entries),
    legendStyles(entries),
    rankingStyles,
    sortStyles,
  ];
  const title = `${entries.length} recipes on a small language model`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lean-optim: ${title}</title>
<style>${styles.map((style) => raw(String(style)))}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="lead">A language model of ${formatCount(facts.parameters)} parameters in the manner of LLaMA on <cite>${facts.book}</cite>: every
recipe at the best learning rate of a sweep of its own, then ${formatCount(size.steps)} steps of ${formatCount(size.tokens)} tokens from ${size.seeds} seeds.</p>
</header>
<section><h2>At a glance</h2><figure>${ranking(rows)}
<figcaption>Final losses on the whole held-out tail. Arrows: off the scale.</figcaption></figure></section>
<section><h2>Results</h2>
<p>A click on a head sorts. ± is the standard deviation of ${size.seeds} seeds. Seeds change initial values and batches for all recipes alike,
so differences from AdamW, taken seed by seed, are surer than the losses themselves.</p>
${resultsTable(rows)}</section>
<section><h2>Lines</h2><p>What the next two drawings and that of learning rates show.</p>${legend(entries)}</section>
${curveSections(record, rows)}
${stateSection(rows)}
<section><h2>Learning rates</h2>
<p>Each sweep tries ${size.rates} rates, a factor of ${RATIO} apart, for ${formatCount(size.sweepSteps)} steps each, schedule included, and goes on by up
to ${MOST_WIDENED} more rates on a side where its best is the last one. What is best in ${formatCount(size.sweepSteps)} steps may be a little high for ${formatCount(size.steps)}.</p>
<figure class="switched">${sweepChart(record)}</figure>
<details><summary>Every rate tried</summary>${sweepTable(record)}</details></section>
${methodSections(record, rows)}
<footer>Made by <code>npm run compare</code> of lean-optim ${record.version}, ${record.measured}.</footer>
</main>
<script>${raw(sortScript)}</script>
</body>
</html>
`.text;
}

type Setting = readonly [name: string, value: string];

function methodSections(record: ComparisonRecord, rows: readonly Summary[]): Markup {
  const { facts, machine, framework } = record;
  return markup`<section><h2>Recipes</h2>${table(
    [
      { title: "Recipe", cell: ({ entry }: Summary) => entry.title },
      { title: "Keeps, for each matrix", cell: ({ entry }) => entry.note },
    ],
    rows,
  )}</section>
<section><h2>Settings</h2>${table(
    [
      { title: "Setting", cell: ([name]: Setting) => name },
      { title: "Value", cell: ([, value]) => value },
    ],
    settingsOf(record),
  )}</section>
<section><h2>What this is, and what it is not</h2><ul>
<li>One tiny model, one book, ${formatCount(record.size.steps)} steps. Orders may change with the size of the model, the batch and the length of the training;
docs/choosing.md quotes what is known of larger ones.</li>
<li>Rates were chosen by the same held-out text that the losses are of. Everything but rates, ranks, gaps and weight
decay is a recipe's default, unless the table above says otherwise.</li>
<li>A training has diverged if its losses ceased to be numbers or the last is above the first. It stays in the table.</li>
<li>Every training ran on one thread and gives the same losses again, bit for bit, on a processor of the same kind
(${machine.kind}); another kind rounds otherwise.</li>
<li>Step times: all optimizers took turns, a step each from the same gradients; means over steps of the least of several repetitions,
on ${machine.cpu}, Node ${machine.node}; the model by ${framework}.</li>
<li>Text: ${facts.book}, chapters 1 to 135 and the epilogue; the last tenth, ${formatCount(facts.heldOutTokens)} tokens, was never trained on. A token of it has
${facts.charactersPerToken.toFixed(2)} characters on average.</li>
</ul></section>`;
}

function settingsOf({ size, facts, entries }: ComparisonRecord): Setting[] {
  return [
    [
      "Model",
      `${size.layers} layers of width ${size.width}, ${facts.heads} heads, SwiGLU of ${facts.hidden}, RMSNorm, rotary positions, untied head, ${facts.vocabulary} tokens`,
    ],
    ["Parameters", formatCount(facts.parameters)],
    ["Batch", `${size.tokens / SEQUENCE_LENGTH} sequences of ${SEQUENCE_LENGTH} tokens`],
    [
      "Training",
      `${formatCount(size.steps)} steps, ${formatCount(size.steps * size.tokens)} tokens of ${formatCount(facts.trainingTokens)} in the training text`,
    ],
    ["Schedule", "linear warm-up over a tenth of the steps, then a cosine to a tenth of the rate"],
    ["Gradient clipping", `global norm ${MAX_GRADIENT_NORM}`],
    ["Weight decay", "none"],
    ["Bases", `rank ${size.rank} (APOLLO-Mini 1), a new one every ${BASIS_INTERVAL} steps`],
    [
      "Embedding, gains of norms",
      `AdamW with every recipe, at the rate of AdamW's sweep, ${formatRate(entries[0]?.othersRate ?? Number.NaN)}`,
    ],
  ];
}
