/** What the report, the picture and the documents' tables say of a comparison. */
import { comparisonPicture } from "../../bench/comparison/report/picture.js";
import { renderComparison } from "../../bench/comparison/report/report.js";
import { comparisonRecord } from "../support/comparison-record.js";

const record = comparisonRecord();
const [html] = renderComparison(record).split("<script>") as [string];

test("divergences, edges of sweeps and other people's text are shown as what they are", () => {
  expect(html).toContain("1 of 2 seeds, 1 of 3 rates");
  expect(html).toContain("1 (edge)");
  expect(html).toContain("4.380 ± 0.679");
  expect(html).toContain("−0.120 ± 0.028");
  expect(html).toContain("a &lt;processor&gt;");
  expect(html).not.toContain("NaN");
});

test("the picture has every recipe in order, and its own style", () => {
  const picture = comparisonPicture(record);
  const names = [...picture.matchAll(/data-row="(\w+)"/g)].map(([, name]) => name);
  expect(names).toEqual(["muon", "adamw", "sgd"]);
  expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(picture).toContain("prefers-color-scheme: dark");
  expect(picture).not.toContain("NaN");
});
