/** The ranking as a picture of its own, for documents. */

import { raw } from "../../../examples/language-model/report/markup.js";
import type { ComparisonRecord } from "../record.js";
import { summaries } from "../statistics.js";
import { entryStyles } from "./look.js";
import { ranking, rankingStyles } from "./ranking.js";

const styles = `
:root { --text: #1f2328; --quiet: #59636e; --rule: #d1d9e0; }
@media (prefers-color-scheme: dark) { :root { --text: #f0f6fc; --quiet: #9198a1; --rule: #3d444d; } }
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--text); }
.tick, .axis { fill: var(--quiet); }
.name { fill: var(--series); font-weight: 600; }
.grid { stroke: var(--rule); stroke-width: 1; }
`;

export function comparisonPicture(record: ComparisonRecord): string {
  const style = `<style>${styles}${entryStyles(record.entries)}${rankingStyles}</style>`;
  return ranking(summaries(record)).text.replace("<title", () => `${raw(style)}\n<title`);
}
