/** The sums of a row-major pieces × width matrix's columns. */
export function sumPartials(partials: ArrayLike<number>, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < partials.length; i++) sums[i % width] += partials[i];
  return sums;
}
