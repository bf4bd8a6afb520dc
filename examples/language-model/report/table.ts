import { type Markup, markup } from "./markup.js";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | Markup;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** What a script may sort rows by; the header is a button then. */
  readonly sortBy?: (row: Row) => string | number;
}

/** A table with a header row; the first column heads its row. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const kind = (column: Column<Row>) => (column.isNumber ? "number" : "text");
  const header = columns.map((column) => {
    const title = column.sortBy
      ? markup`<button type="button">${column.title}</button>`
      : column.title;
    return markup`<th scope="col" class="${kind(column)}">${title}</th>`;
  });
  const body = rows.map((row) => {
    const cells = columns.map((column, i) => {
      const value = column.sortBy && markup` data-value="${column.sortBy(row)}"`;
      return i === 0
        ? markup`<th scope="row" class="${kind(column)}"${value}>${column.cell(row)}</th>`
        : markup`<td class="${kind(column)}"${value}>${column.cell(row)}</td>`;
    });
    return markup`<tr>${cells}</tr>`;
  });
  return markup`<div class="scroll"><table><thead><tr>${header}</tr></thead><tbody>${body}</tbody></table></div>`;
}
