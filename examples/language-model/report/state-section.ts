import { sum } from "../training/results.js";
import { barChart } from "./bar-chart.js";
import { formatBytes, formatCount, formatWords } from "./format.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";

/** What each optimizer keeps between steps, in bytes by kind. */
export function stateSection({ results, facts }: DemoRecord): Markup {
  const totals = results.map(({ stateBytes }) => sum(Object.values(stateBytes)));
  const largest = Math.max(...totals);
  const kinds = Object.keys(results[0]?.stateBytes ?? {}).filter((kind) =>
    results.some(({ stateBytes }) => (stateBytes[kind] ?? 0) > 0),
  );
  const bars = results.map(({ title, stateBytes }, i) => {
    const total = totals[i] ?? 0;
    const share = total === largest ? "" : `, ${Math.round((100 * total) / largest)} %`;
    return {
      name: title,
      label: `${formatBytes(total)}${share}`,
      segments: kinds.map((kind) => ({
        name: formatWords(kind),
        style: kind,
        value: stateBytes[kind] ?? 0,
      })),
    };
  });
  const chart = barChart({
    id: "state-bytes",
    title: "Bytes of optimizer state",
    description: bars.map(({ name, label }) => `${name}: ${label}`).join("; "),
    bars,
    format: formatBytes,
  });
  return markup`<section><h2>Optimizer state</h2><figure>${chart}
<figcaption>Everything that is kept between steps, bases of subspaces included, in float32 as the model
(${formatBytes(4 * facts.parameters)} for ${formatCount(facts.parameters)} parameters). With every optimizer the token embedding and
the gains of the norms are AdamW's, and in a model this small they are a large part of it.</figcaption></figure></section>`;
}
