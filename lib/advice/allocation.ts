/**
 * Sharing out a budget of bytes among layers, each of which can be had at several prices: the
 * multiple-choice knapsack, by the concave hulls of its curves (Sinha, Zoltners 1979).
 */

/** One way to treat a layer: what it costs, and what it is worth. */
export interface Offer {
  readonly bytes: number;
  readonly value: number;
}

export interface Allocation<T extends Offer> {
  /** One offer for each layer. */
  readonly chosen: readonly T[];
  readonly bytes: number;
  readonly value: number;
  /** What no allocation of the same budget can be worth more than. */
  readonly bound: number;
}

/**
 * The offers that an upper concave hull of (bytes, value) goes through, from the cheapest to the most
 * valuable: along it, each further byte is worth less than the one before.
 */
export function concaveHull<T extends Offer>(offers: readonly T[]): T[] {
  const hull: T[] = [];
  const sorted = [...offers].sort((a, b) => a.bytes - b.bytes || b.value - a.value);
  for (const offer of sorted) {
    if (hull.length > 0 && offer.value <= (hull.at(-1) as T).value) continue;
    while (hull.length > 1 && worth(hull.at(-2) as T, offer) >= worth(hull.at(-2) as T, last())) {
      hull.pop();
    }
    hull.push(offer);
  }
  return hull;

  function last(): T {
    return hull.at(-1) as T;
  }
}

/** Value for a byte, on the way from one offer to another. */
function worth(from: Offer, to: Offer): number {
  return (to.value - from.value) / (to.bytes - from.bytes);
}

/**
 * Steps along the hulls of all layers, best value for a byte first, as long as they fit; then what is
 * left over goes to whatever single offers it still pays for.
 *
 * **Why that is optimal for concave curves.** Let λ be the value for a byte of the first step that did
 * not fit. Every step taken was worth at least λ a byte, every other one at most λ, and along a hull
 * steps come in falling order; so each layer's choice c maximizes value(c) − λ·bytes(c) among *all* of
 * its offers, which lie on or below the hull. For any other allocation A within the budget B,
 * value(A) − λ·bytes(A) ≤ value(C) − λ·bytes(C), hence value(A) ≤ value(C) + λ·(B − bytes(C)): what
 * `bound` says (Lagrange, Everett 1963). Where the steps end with nothing over, or all of them fit,
 * nothing is worth more; otherwise less than the one step that did not fit is missing.
 *
 * @returns undefined where the cheapest offers together exceed the budget
 */
export function allocate<T extends Offer>(
  layers: readonly (readonly T[])[],
  budget: number,
): Allocation<T> | undefined {
  const known = new Map<readonly T[], T[]>();
  const hulls = layers.map((offers) => {
    const hull = known.get(offers) ?? concaveHull(offers);
    known.set(offers, hull);
    return hull;
  });
  const chosen = hulls.map((hull) => hull[0] as T);
  let left = budget - sum(chosen, "bytes");
  if (left < 0) return undefined;
  const steps = hulls
    .flatMap((hull, layer) =>
      hull.slice(1).map((to, i) => ({ layer, to, from: hull[i] as T, at: i })),
    )
    .map((step) => ({ ...step, worth: worth(step.from, step.to) }))
    // Equal ones in the order of layers; of one layer, never a later step before an earlier one.
    .sort((a, b) => b.worth - a.worth || a.layer - b.layer || a.at - b.at);
  const stopped = new Set<number>();
  let bound: number | undefined;
  for (const { layer, from, to, worth } of steps) {
    if (stopped.has(layer)) continue;
    const price = to.bytes - from.bytes;
    if (price <= left) {
      chosen[layer] = to;
      left -= price;
      continue;
    }
    bound ??= sum(chosen, "value") + worth * left;
    stopped.add(layer);
  }
  for (const layer of stopped) {
    const now = chosen[layer] as T;
    const best = (layers[layer] as readonly T[])
      .filter(({ bytes }) => bytes <= now.bytes + left)
      .reduce((a, b) => (b.value > a.value ? b : a), now);
    chosen[layer] = best;
    left -= best.bytes - now.bytes;
  }
  const value = sum(chosen, "value");
  return { chosen, bytes: sum(chosen, "bytes"), value, bound: bound ?? value };
}

function sum(offers: readonly Offer[], key: keyof Offer): number {
  return offers.reduce((total, offer) => total + offer[key], 0);
}
