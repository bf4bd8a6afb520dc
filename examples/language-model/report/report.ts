import { batchSection } from "./batch-section.js";
import { formatCount } from "./format.js";
import { learningRateSection } from "./learning-rate-section.js";
import { lossSections } from "./loss-sections.js";
import { markup, raw } from "./markup.js";
import { methodSection } from "./method-section.js";
import type { DemoRecord } from "./record.js";
import { sampleSection } from "./sample-section.js";
import { stateSection } from "./state-section.js";
import { styleSheet } from "./style.js";
import { summaryCards } from "./summary-cards.js";
import { timeSection } from "./time-section.js";

/** The whole report as one HTML file: no scripts, no fonts, no images from elsewhere. */
export function renderReport(record: DemoRecord): string {
  const { facts, settings, results } = record;
  const { steps, tokens, adaptiveBatch } = settings;
  const length =
    adaptiveBatch === undefined
      ? `${steps} steps of ${tokens} tokens`
      : `${formatCount(steps * tokens)} tokens, with batches that grow,`;
  const title = `${listOf(results.map(({ title }) => title))} on a small language model`;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lean-optim: ${title}</title>
<style>${raw(styleSheet)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p class="lead">A language model of ${formatMillions(facts.parameters)} parameters in the manner of LLaMA, trained for
${length} on <cite>${facts.book}</cite>: once for each optimizer, from the same
initial values and on the same ${adaptiveBatch === undefined ? "batches" : "text"}, every optimizer at its own learning rate.</p>
</header>
${summaryCards(record)}
${lossSections(record)}
${batchSection(record)}
${stateSection(record)}
${timeSection(record)}
${sampleSection(record)}
${learningRateSection(record)}
${methodSection(record)}
<footer>Made by <code>npm run demo</code> of lean-optim. One run with one seed: small differences are chance.</footer>
</main>
</body>
</html>
`;
  return page.text;
}

function formatMillions(count: number): string {
  return count >= 1e6
    ? `${(count / 1e6).toFixed(2)} million`
    : `${Math.round(count / 1000)} thousand`;
}

function listOf(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
