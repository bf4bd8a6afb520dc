/** What a few seeds come to. */
import { estimate, meanCurve, shownDomain, summaries } from "../../bench/comparison/statistics.js";
import { comparisonRecord } from "../support/comparison-record.js";

test("estimates are means with sample deviations", () => {
  expect(estimate([1, 2, 6])).toEqual({ mean: 3, deviation: Math.sqrt(7) });
  expect(estimate([4])).toEqual({ mean: 4, deviation: 0 });
});

const record = comparisonRecord();
const rows = summaries(record);

test("the best comes first, what diverged last", () => {
  expect(rows.map(({ entry }) => entry.name)).toEqual(["muon", "adamw", "sgd"]);
  expect(rows[2]).toMatchObject({ diverged: 1, sweepDiverged: 1 });
  expect(rows[2]?.loss.mean).toBeNaN();
});

test("differences from AdamW are taken seed by seed", () => {
  // Muon's losses are 0.1 and 0.14 below AdamW's, which are 1 apart.
  expect(rows[0]?.overAdamw.mean).toBeCloseTo(-0.12, 12);
  expect(rows[0]?.overAdamw.deviation).toBeCloseTo(Math.sqrt(2) * 0.02, 12);
  expect(rows[0]?.loss.deviation).toBeGreaterThan(0.6);
});

test("seconds are the calibration's", () => {
  const [muon, adamw] = rows;
  expect(muon).toMatchObject({ stepMilliseconds: 3, seconds: expect.closeTo(0.26, 12) });
  expect(adamw).toMatchObject({ stepMilliseconds: 1, seconds: expect.closeTo(0.22, 12) });
  expect(adamw?.stateBytes).toBe(300);
});

test("a best rate at the end of its sweep is said to be", () => {
  expect(rows.map(({ isAtEdge }) => isAtEdge)).toEqual([false, false, true]);
});

test("curves are means with the span of the seeds, as far as all runs came", () => {
  const [adamw, , sgd] = record.entries;
  expect(meanCurve(adamw as never, (step) => 2 * step)).toEqual([
    { step: 0, x: 0, mean: 5.5, low: 5.5, high: 5.5 },
    { step: 10, x: 20, mean: 4.75, low: 4.25, high: 5.25 },
    { step: 20, x: 40, mean: 4.5, low: 4, high: 5 },
  ]);
  expect(meanCurve(sgd as never, (step) => step)).toHaveLength(2);
});

test("an axis ends at three times the median's distance from the best", () => {
  expect(shownDomain([4, 4.1, 4.2])).toEqual([4, 4.2]);
  expect(shownDomain([9, 4, 4.1, Number.NaN, 4.2, 4.05])).toEqual([4, expect.closeTo(4.3, 12)]);
  expect(shownDomain([4])).toEqual([4, 5]);
});
