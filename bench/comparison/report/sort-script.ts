/** The page's one script: a click on a head sorts the rows, a second one the other way round. */
export const sortScript = `
for (const table of document.querySelectorAll("#results table")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const descending = head.ariaSort === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.ariaSort = descending ? "descending" : "ascending";
      const value = (row) => row.cells[column].dataset.value;
      const compare = (a, b) => {
        const difference = value(a) - value(b);
        return Number.isNaN(difference) ? value(a).localeCompare(value(b), "en") : difference;
      };
      const rows = [...body.rows].sort((a, b) => (descending ? -1 : 1) * compare(a, b));
      body.append(...rows);
    });
  });
  heads[2].ariaSort = "ascending";
}
`;

export const sortStyles = `
#results th button { all: unset; cursor: pointer; }
#results th button:focus-visible { outline: 2px solid var(--optimizer); outline-offset: 3px; }
#results th[aria-sort=ascending] button::after { content: " ↑"; }
#results th[aria-sort=descending] button::after { content: " ↓"; }
#results td.number { white-space: nowrap; }
`;
