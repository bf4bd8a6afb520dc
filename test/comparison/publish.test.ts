/** What the repository shows of the comparison is drawn from the numbers that it holds. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { entries } from "../../bench/comparison/entries.js";
import { publication } from "../../bench/comparison/publish.js";
import type { ComparisonRecord } from "../../bench/comparison/record.js";
import { renderComparison } from "../../bench/comparison/report/report.js";
import { comparisonRecord } from "../support/comparison-record.js";

const root = join(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

test("numbers are read as they were written", () => {
  const record = comparisonRecord();
  expect(JSON.parse(publication(record).numbers)).toEqual(record);
});

describe("the published comparison", () => {
  const text = read("bench/results/comparison.json");
  const record = JSON.parse(text) as ComparisonRecord;
  const published = publication(record);

  test("has every recipe, each with a whole sweep and all seeds", () => {
    expect(record.entries.map(({ name }) => name)).toEqual(entries.map(({ name }) => name));
    for (const { sweep, runs, learningRate } of record.entries) {
      expect(sweep.length).toBeGreaterThanOrEqual(5);
      expect(sweep.map((point) => point.learningRate)).toContain(learningRate);
      expect(runs.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    }
    expect(record.size).toMatchObject({ rates: 5, sweepSteps: 200, seeds: 3, steps: 600 });
  });

  test("is what the picture and the tables show", () => {
    expect(text).toBe(published.numbers);
    expect(read("bench/results/comparison.svg")).toBe(published.picture);
    expect(published.picture.length).toBeLessThan(300_000);
    expect(read("README.md")).toContain(`<!-- comparison -->\n${published.readmeTable}\n<!--`);
    expect(read("docs/comparison.md")).toContain(
      `<!-- comparison -->\n${published.documentTable}\n<!--`,
    );
  });

  test("makes a report", () => {
    const [page] = renderComparison(record).split("<script>") as [string];
    for (const { title } of record.entries) expect(page).toContain(title);
    expect(page).not.toContain("NaN");
  });
});
