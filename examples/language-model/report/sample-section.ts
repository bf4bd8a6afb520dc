import { formatCount } from "./format.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";

/** What the trained models write. */
export function sampleSection({ results, settings }: DemoRecord): Markup {
  const samples = results.map(
    ({ name, title, sample }) =>
      markup`<figure class="sample ${name}"><figcaption>${title}</figcaption><blockquote>${sample.trimEnd()}…</blockquote></figure>`,
  );
  return markup`<section><h2>What the models write</h2>
<p>Each continues the first words of the book, with the same random numbers, after all it has seen of English:
${settings.adaptiveBatch ? "at most " : ""}${formatCount(settings.steps * settings.tokens)} tokens.</p>
<div class="samples">${samples}</div></section>`;
}
