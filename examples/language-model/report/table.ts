import { type Markup, markup } from "./markup.js";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | Markup;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
}

/** A table with a header row; the first column heads its row. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const kind = (column: Column<Row>) => (column.isNumber ? "number" : "text");
  const header = columns.map(
    (column) => markup`<th scope="col" class="${kind(column)}">${column.title}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map((column, i) =>
      i === 0
        ? markup`<th scope="row" class="${kind(column)}">${column.cell(row)}</th>`
        : markup`<td class="${kind(column)}">${column.cell(row)}</td>`,
    );
    return markup`<tr>${cells}</tr>`;
  });
  return markup`<div class="scroll"><table><thead><tr>${header}</tr></thead><tbody>${body}</tbody></table></div>`;
}
