import { meanTime, sum } from "../training/results.js";
import { formatBytes, formatLoss, formatMilliseconds } from "./format.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";

/** What matters about each optimizer, in a card. */
export function summaryCards({ results, facts }: DemoRecord): Markup {
  const cards = results.map((result) => {
    const bits = result.finalLoss / Math.LN2 / facts.charactersPerToken;
    return markup`<article class="card ${result.name}">
<h2>${result.title}</h2>
<p>Keeps ${result.description}.</p>
<dl>
<dt>Held-out nats per token</dt><dd>${formatLoss(result.finalLoss)}</dd>
<dt>Bits per character</dt><dd>${formatLoss(bits)}</dd>
<dt>Optimizer state</dt><dd>${formatBytes(sum(Object.values(result.stateBytes)))}</dd>
<dt>Optimizer, per step</dt><dd>${formatMilliseconds(meanTime(result.optimizerMilliseconds))}</dd>
</dl>
</article>`;
  });
  return markup`<div class="cards">${cards}</div>`;
}
