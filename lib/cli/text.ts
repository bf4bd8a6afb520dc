/** Text for terminals. */

/** Columns as wide as their longest cell: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[], indent = ""): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  return rows.map((row) => `${indent}${line(row)}`.trimEnd()).join("\n");
}

/** `label  text`, the labels as wide as the longest; later lines of a text under its first. */
export function definitions(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([label]) => label.length)) + 2;
  return entries
    .map(([label, text]) => label.padEnd(width) + text.replaceAll("\n", `\n${" ".repeat(width)}`))
    .join("\n");
}

/** A unit of memory and its size in bytes. */
export interface Unit {
  readonly name: string;
  readonly bytes: number;
}

const units: readonly Unit[] = [
  { name: "GiB", bytes: 2 ** 30 },
  { name: "MiB", bytes: 2 ** 20 },
  { name: "KiB", bytes: 2 ** 10 },
];

/** The largest unit that numbers up to `bytes` are well written in. */
export function unitFor(bytes: number): Unit {
  return units.find((unit) => bytes >= unit.bytes / 10) ?? { name: "bytes", bytes: 1 };
}

export function inUnit(bytes: number, unit: Unit): string {
  return (bytes / unit.bytes).toFixed(unit.bytes === 1 ? 0 : 3);
}

/** A count with separators: 1,339,080,704. */
export function counted(count: number): string {
  return count.toLocaleString("en-US");
}
