import { allocate, concaveHull, type Offer } from "../../lib/advice/allocation.js";
import { uniforms } from "../oracle/random.js";

/** The best value of every budget, one byte after another: dynamic programming over all choices. */
function bestValues(layers: readonly (readonly Offer[])[], most: number): number[] {
  let best = new Array<number>(most + 1).fill(0);
  for (const offers of layers) {
    best = best.map((_, budget) =>
      Math.max(
        ...offers.map(({ bytes, value }) =>
          bytes <= budget ? (best[budget - bytes] as number) + value : Number.NEGATIVE_INFINITY,
        ),
      ),
    );
  }
  return best;
}

const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);

/** Energies of falling directions, at so many bytes each. */
function concave(seed: number, ranks: number, bytes: number): Offer[] {
  const gains = uniforms(ranks, seed).sort((a, b) => b - a);
  return Array.from({ length: ranks }, (_, i) => ({
    bytes: (i + 1) * bytes,
    value: sum(Array.from(gains.slice(0, i + 1))),
  }));
}

/** Any prices and values: several projectors at once. */
function scattered(seed: number, count: number): Offer[] {
  const numbers = uniforms(2 * count, seed);
  return Array.from({ length: count }, (_, i) => ({
    bytes: 1 + Math.floor(20 * (numbers[2 * i] as number)),
    value: numbers[2 * i + 1] as number,
  }));
}

const least = (layers: readonly (readonly Offer[])[]) =>
  sum(layers.map((offers) => Math.min(...offers.map(({ bytes }) => bytes))));

const close = 1e-12;

describe.each([1, 2, 3, 4, 5])("concave curves, seed %d", (seed) => {
  const prices = [3, 5, 2, 7];
  const layers = prices.map((bytes, i) => concave(10 * seed + i, 5 + i, bytes));
  const most = sum(prices.map((bytes, i) => bytes * (5 + i)));
  const best = bestValues(layers, most);

  test("nothing is worth more than the bound, and less than one step is missing", () => {
    for (let budget = least(layers); budget <= most; budget++) {
      const found = allocate(layers, budget);
      if (found === undefined) throw new Error(`${budget} bytes should suffice`);
      const optimum = best[budget] as number;
      expect(found.bytes).toBeLessThanOrEqual(budget);
      expect(found.value).toBeLessThanOrEqual(optimum + close);
      expect(found.bound).toBeGreaterThanOrEqual(optimum - close);
      // The step that no longer fits is one more direction of some layer: worth less than 1.
      expect(found.bound - found.value).toBeLessThan(1);
    }
  });

  test("what it spends is spent as well as can be, wherever steps end with nothing over", () => {
    const budgets = Array.from({ length: most - least(layers) + 1 }, (_, i) => least(layers) + i);
    const exact = budgets.filter((budget) => {
      const found = allocate(layers, budget);
      return found !== undefined && found.bound <= found.value + close;
    });
    for (const budget of exact) {
      expect(allocate(layers, budget)?.value).toBeCloseTo(best[budget] as number, 12);
    }
    // Each of the 4 + 5 + 6 + 7 steps ends one.
    expect(exact.length).toBeGreaterThanOrEqual(23);
  });
});

test.each([1, 2, 3, 4, 5, 6])("scattered offers, seed %d: within the bound", (seed) => {
  const layers = [8, 5, 9].map((count, i) => scattered(100 * seed + i, count));
  const best = bestValues(layers, 60);
  expect(allocate(layers, least(layers) - 1)).toBeUndefined();
  for (let budget = least(layers); budget <= 60; budget++) {
    const found = allocate(layers, budget);
    if (found === undefined) throw new Error(`${budget} bytes should suffice`);
    expect(found.bytes).toBe(sum(found.chosen.map(({ bytes }) => bytes)));
    expect(found.bytes).toBeLessThanOrEqual(budget);
    expect(found.value).toBeLessThanOrEqual((best[budget] as number) + close);
    expect(found.bound).toBeGreaterThanOrEqual((best[budget] as number) - close);
  }
});

test("a hull passes over what is dearer and worth no more, and bends one way", () => {
  const offer = (bytes: number, value: number) => ({ bytes, value });
  const offers = [offer(4, 4), offer(1, 1), offer(2, 1), offer(3, 2), offer(6, 4), offer(8, 5)];
  expect(concaveHull(offers)).toEqual([offer(1, 1), offer(4, 4), offer(8, 5)]);
  for (const seed of [1, 2, 3]) {
    const hull = concaveHull(scattered(seed, 40));
    const slopes = hull
      .slice(1)
      .map((to, i) => (to.value - hull[i].value) / (to.bytes - hull[i].bytes));
    expect(slopes).toEqual([...slopes].sort((a, b) => b - a));
    expect(Math.min(...slopes)).toBeGreaterThan(0);
  }
});

test("what is left over still buys what a hull passes over", () => {
  const layers = [
    [
      { bytes: 1, value: 0 },
      { bytes: 5, value: 1 },
      { bytes: 9, value: 8 },
    ],
  ];
  expect(allocate(layers, 8)?.chosen).toEqual([{ bytes: 5, value: 1 }]);
});

test("no layers take nothing", () => {
  expect(allocate([], 0)).toEqual({ chosen: [], bytes: 0, value: 0, bound: 0 });
  expect(allocate([], -1)).toBeUndefined();
});
