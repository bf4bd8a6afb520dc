/** Suggestions for misspelled names. */

/** The candidate that `name` was probably meant to be, or undefined where none is close. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = simplify(name);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const simple = simplify(candidate);
    const distance = editDistance(wanted, simple);
    // One edit for every three letters: enough for a slip, too few to reach another word.
    const allowed = Math.floor(Math.max(wanted.length, simple.length) / 3);
    if (distance <= allowed && distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** ` Did you mean "x"?`, to be appended to a message; empty where nothing is close. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const suggestion = nearest(name, candidates);
  return suggestion === undefined ? "" : ` Did you mean ${JSON.stringify(suggestion)}?`;
}

/** Letter case and separators are often what differs: `weight_decay` and `weightDecay`. */
function simplify(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, "");
}

/**
 * The number of insertions, deletions, replacements and swaps of neighbours between two strings
 * (optimal string alignment: Damerau 1964).
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
