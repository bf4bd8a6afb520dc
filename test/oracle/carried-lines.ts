/**
 * The momentum of the lines kept, once other lines are kept: under `rotate` that of a line in both
 * sets moves with it, and a line that is new starts at zero. Lines of the momentum are runs of
 * `length` elements (rows), or every `lines.length`-th element (columns).
 */
export function carriedLines(
  momentum: ArrayLike<number>,
  from: readonly number[],
  to: readonly number[],
  axis: "rows" | "columns",
): Float64Array {
  const count = to.length;
  const length = momentum.length / count;
  const at = (line: number, i: number) => (axis === "rows" ? line * length + i : i * count + line);
  const carried = new Float64Array(momentum.length);
  to.forEach((line, place) => {
    const before = from.indexOf(line);
    if (before < 0) return;
    for (let i = 0; i < length; i++) carried[at(place, i)] = momentum[at(before, i)];
  });
  return carried;
}
