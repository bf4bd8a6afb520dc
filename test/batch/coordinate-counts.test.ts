import { binEdge, firstNaN, noiseBins, noiseQuantile } from "../../lib/batch/coordinate-counts.js";

test("bins quarter binades", () => {
  const one = 0x3f800000 >> 21;
  expect([0, 1, 2, 3].map((i) => binEdge(one + i))).toEqual([1.25, 1.5, 1.75, 2]);
  expect(binEdge(firstNaN - 1)).toBe(Number.POSITIVE_INFINITY);
});

function countsOf(bins: Readonly<Record<number, number>>): Int32Array {
  const counts = new Int32Array(noiseBins);
  for (const [bin, count] of Object.entries(bins)) counts[Number(bin)] = count;
  return counts;
}

test("a share of the coordinates is below its quantile", () => {
  const counts = countsOf({ 500: 2, 510: 5, 520: 3 });
  expect([0.1, 0.2, 0.21, 0.7, 0.71, 1].map((share) => noiseQuantile(counts, share))).toEqual(
    [500, 500, 510, 510, 520, 520].map(binEdge),
  );
});

test("without coordinates, or with some that are not finite, there is none", () => {
  expect(noiseQuantile(countsOf({}), 0.5)).toBeNaN();
  expect(noiseQuantile(countsOf({ 500: 9, [firstNaN]: 1 }), 0.5)).toBeNaN();
});
