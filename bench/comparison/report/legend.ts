/** The legend: a switch for every line, which works without a script. */

import { type Markup, markup, raw } from "../../../examples/language-model/report/markup.js";
import type { EntryRecord } from "../record.js";
import { familyNames, styleOf, swatch } from "./look.js";

/** What is drawn at first; more lines than these are not told apart. */
const shownAtFirst = [
  "adamw",
  "adamSN",
  "adamSNSM",
  "sgdMomentum",
  "muon",
  "adago",
  "galore",
  "apollo",
  "adamMini",
  "ldadam",
];

/** `entries` that are drawn at first: all, if they are few. */
export function isShownAtFirst({ name }: EntryRecord, entries: readonly EntryRecord[]): boolean {
  return entries.length <= shownAtFirst.length || shownAtFirst.includes(name);
}

const switchOf = (entry: EntryRecord) => `show-${entry.name}`;

/**
 * In what is `switched`, a line is seen while its switch is on; the others step back from one that is
 * pointed at.
 */
export function legendStyles(entries: readonly EntryRecord[]): Markup {
  const rules = entries.map((entry) => {
    const [id, style] = [switchOf(entry), styleOf(entry)];
    return `body:has(#${id}:not(:checked)) .switched .series.${style} { display: none; }
body:has(label[for="${id}"]:hover) .switched .series:not(.${style}) { opacity: 0.15; }`;
  });
  return raw(`${rules.join("\n")}
.legend { border: 0; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 10px 28px; }
.legend fieldset { border: 0; margin: 0; padding: 0; }
.legend legend { padding: 0; color: var(--quiet); font-size: 0.88rem; }
.legend label { display: inline-flex; align-items: center; gap: 6px; margin-right: 14px; white-space: nowrap; }
.swatch .line { stroke: var(--series); stroke-width: 2.5; fill: none; }
`);
}

export function legend(entries: readonly EntryRecord[]): Markup {
  const families = [...new Set(entries.map(({ family }) => family))];
  return markup`<div class="legend">${families.map(
    (family) => markup`<fieldset><legend>${familyNames[family]}</legend>
${entries.filter((entry) => entry.family === family).map((entry) => oneSwitch(entry, entries))}</fieldset>`,
  )}</div>`;
}

function oneSwitch(entry: EntryRecord, entries: readonly EntryRecord[]): Markup {
  const checked = isShownAtFirst(entry, entries) ? markup` checked` : "";
  return markup`<label for="${switchOf(entry)}"><input type="checkbox" id="${switchOf(entry)}" autocomplete="off"${checked}>${swatch(entry)}${entry.title}</label> `;
}
