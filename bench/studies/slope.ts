/** Straight lines through points of a log-log plot: y = c·x^slope. */

export interface XY {
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  readonly slope: number;
  /** Of the slope, from what the points are off the line; it knows of no other errors. */
  readonly standardError: number;
  /** y at x = 1. */
  readonly factor: number;
}

/** Least squares on logarithms. Three points at least, of which no two need agree; all positive. */
export function fitSlope(points: readonly XY[]): Slope {
  if (points.length < 3) throw new RangeError(`a slope and its error need 3 points`);
  const logs = points.map(({ x, y }) => {
    if (!(x > 0 && y > 0 && x < Infinity && y < Infinity)) {
      throw new RangeError(`no logarithm of the point (${x}, ${y})`);
    }
    return { x: Math.log(x), y: Math.log(y) };
  });
  const mx = mean(logs.map(({ x }) => x));
  const my = mean(logs.map(({ y }) => y));
  const sxx = sum(logs.map(({ x }) => (x - mx) ** 2));
  if (sxx === 0) throw new RangeError("a slope needs points at different places");
  const slope = sum(logs.map(({ x, y }) => (x - mx) * (y - my))) / sxx;
  const residue = sum(logs.map(({ x, y }) => (y - my - slope * (x - mx)) ** 2));
  const standardError = Math.sqrt(residue / (logs.length - 2) / sxx);
  return { slope, standardError, factor: Math.exp(my - slope * mx) };
}

/** What the middle of several positive numbers is on a logarithmic axis. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map(Math.log)));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
