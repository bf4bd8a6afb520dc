/** The kinds of parameters that networks have, small. */

export interface Shape {
  readonly name: string;
  readonly shape: readonly number[];
  /** The first dimension counts matrices. */
  readonly batched?: boolean;
}

export const shapes: readonly Shape[] = [
  { name: "tall", shape: [12, 5] },
  { name: "wide", shape: [5, 12] },
  { name: "square", shape: [7, 7] },
  { name: "odd", shape: [17, 3] },
  { name: "column", shape: [6, 1] },
  { name: "vector", shape: [11] },
  { name: "scalar", shape: [] },
  { name: "conv1d", shape: [4, 3, 5] },
  { name: "conv2d", shape: [6, 2, 3, 2] },
  { name: "experts", shape: [3, 6, 4], batched: true },
];

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** One of the matrices that a parameter consists of, and where its elements are. */
export interface MatrixPart {
  readonly number: number;
  /** How many matrices there are. */
  readonly of: number;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export function matricesOf({ shape, batched = false }: Shape): MatrixPart[] {
  const own = batched ? shape.slice(1) : shape;
  const of = batched ? (shape[0] as number) : 1;
  const count = countOf(own);
  return Array.from({ length: of }, (_, number) => {
    const begin = number * count;
    return { number, of, shape: own, begin, end: begin + count };
  });
}
