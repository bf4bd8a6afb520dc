/** The sizes that determine a model. */
export interface ModelShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** The hidden width of the feed-forward layers. */
  readonly hidden: number;
  readonly vocabulary: number;
}

/** The width of one head that `modelShape` aims for. */
const HEAD_WIDTH = 32;

/** LLaMA's proportions: heads of one width, and a SwiGLU of 8/3 the width, in eights. */
export function modelShape(layers: number, width: number, vocabulary: number): ModelShape {
  const heads = Math.max(1, Math.round(width / HEAD_WIDTH));
  if (width % (2 * heads) !== 0) {
    throw new RangeError(`a width of ${width} does not split into ${heads} heads of even width`);
  }
  return { layers, width, heads, hidden: 8 * Math.ceil(width / 3), vocabulary };
}
