/** How entries look: families in colours, told apart within by dashes. */

import { type Markup, markup, raw } from "../../../examples/language-model/report/markup.js";
import type { EntryRecord } from "../record.js";

type Family = EntryRecord["family"];

/** With a contrast of at least 3:1 to the page, light and dark. */
const colours: Readonly<Record<Family, readonly [light: string, dark: string]>> = {
  elementwise: ["#5a6675", "#a9b4c3"],
  subset: ["#bf5710", "#f29d52"],
  subspace: ["#0b7a75", "#45cdc3"],
  lowRank: ["#7b4bb3", "#bd97ee"],
  orthogonal: ["#c0264e", "#ff7d9c"],
  plain: ["#4b7a12", "#a3d15a"],
};

export const familyNames: Readonly<Record<Family, string>> = {
  elementwise: "a second moment for every value",
  subset: "second moments of subsets",
  subspace: "momentum in a subspace",
  lowRank: "both moments in a low-rank basis",
  orthogonal: "orthogonal steps",
  plain: "no second moment, or one a tensor or output",
};

const dashes = ["none", "8 4", "2 3", "10 3 2 3", "5 2"];

/** The class of an entry's lines and names. */
export function styleOf({ name }: Pick<EntryRecord, "name">): string {
  return `entry-${name}`;
}

const families = (side: 0 | 1) =>
  Object.entries(colours)
    .map(([family, pair]) => `--${family}: ${pair[side]};`)
    .join(" ");

/** Colours, and dashes within a family, in the order of `entries`. */
export function entryStyles(entries: readonly EntryRecord[]): Markup {
  const rules = entries.map((entry) => {
    const kin = entries.filter(({ family }) => family === entry.family);
    const dash = dashes[kin.indexOf(entry) % dashes.length];
    const style = `.${styleOf(entry)}`;
    return `${style} { --series: var(--${entry.family}); } ${style} .line { stroke-dasharray: ${dash}; }`;
  });
  return raw(`
:root { ${families(0)} }
@media (prefers-color-scheme: dark) { :root { ${families(1)} } }
${rules.join("\n")}
.band { fill: var(--series); opacity: 0.13; }
.whisker { stroke: var(--series); stroke-width: 1.5; fill: none; }
`);
}

/** A piece of an entry's line. */
export function swatch(entry: EntryRecord): Markup {
  return markup`<svg class="swatch ${styleOf(entry)}" width="26" height="10" aria-hidden="true"><path class="line" d="M1 5H25"/></svg>`;
}
