/** Adam-mini (arXiv 2406.16793, algorithm 1 and its partition for Transformers), in float64. */

export interface AdamMiniSettings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
}

/** One weight whose rows come in so many equal blocks: heads, rows, or 1 for the whole. */
export class AdamMini {
  readonly weight: Float64Array;
  readonly #blocks: number;
  readonly #settings: AdamMiniSettings;
  readonly #m: Float64Array;
  readonly #v: Float64Array;
  #t = 0;

  constructor(weight: ArrayLike<number>, blocks: number, settings: AdamMiniSettings) {
    this.weight = Float64Array.from(weight);
    this.#blocks = blocks;
    this.#settings = settings;
    this.#m = new Float64Array(weight.length);
    this.#v = new Float64Array(blocks);
  }

  /** v_b ← β2·v_b + (1 − β2)·mean(g_b²); w ← (1 − lr·λ)·w − lr·m̂ / (√v̂_b + ε). */
  step(grad: ArrayLike<number>): void {
    const { lr, betas, eps, weightDecay } = this.#settings;
    const [beta1, beta2] = betas;
    const size = this.weight.length / this.#blocks;
    this.#t++;
    for (let b = 0; b < this.#blocks; b++) {
      let squares = 0;
      for (let i = b * size; i < (b + 1) * size; i++) squares += grad[i] ** 2;
      this.#v[b] = beta2 * this.#v[b] + ((1 - beta2) * squares) / size;
      const root = Math.sqrt(this.#v[b] / (1 - beta2 ** this.#t)) + eps;
      for (let i = b * size; i < (b + 1) * size; i++) {
        this.#m[i] = beta1 * this.#m[i] + (1 - beta1) * grad[i];
        const step = this.#m[i] / (1 - beta1 ** this.#t) / root;
        this.weight[i] = (1 - lr * weightDecay) * this.weight[i] - lr * step;
      }
    }
  }
}
