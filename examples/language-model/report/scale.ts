/** A mapping of values to places in a drawing, with the values worth a tick. */
export interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** From `domain` to `range`, ticks at multiples of 1, 2 or 5 times a power of ten. */
export function linearScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  wantedTicks = 6,
): Scale {
  const extent = to - from || 1;
  const step = niceStep(extent / wantedTicks);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    place: (value) => start + ((value - from) / extent) * (end - start),
  };
}

/** More ticks than these have no room. */
const MOST_TICKS = 9;

/**
 * As `linearScale` on the logarithm, ticks at 1, 2 and 5 times the powers of ten within, or at these
 * alone where that would be many.
 */
export function logScale(
  [from, to]: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const { place } = linearScale([Math.log(from), Math.log(to)], range);
  const powers = Array.from({ length: 24 }, (_, i) => 10 ** (i - 12));
  const candidates = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  const isWithin = (tick: number) => tick >= from * 0.999 && tick <= to * 1.001;
  const ticks = candidates.filter(isWithin);
  return {
    ticks: ticks.length > MOST_TICKS ? powers.filter(isWithin) : ticks,
    place: (value) => place(Math.log(value)),
  };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10;
  return factor * power;
}
