import type { Tf, TfVariable } from "./namespace.js";

/** A variable's values for one step. */
export interface Lease {
  /** To be updated in place, [variable.size]. */
  readonly data: Float32Array;
  /** Makes the updated values the variable's. */
  commit(): void;
}

/**
 * Where the values of tf variables are while they are stepped.
 *
 * tfjs's plain CPU backend keeps a tensor in a typed array and hands that very array out. A
 * variable is stepped in it, without a copy, if nothing else can tell: the storage is not shared
 * (`clone()` and `reshape()` share it and count as references) and the array came from here. The
 * second condition costs one copy in a variable's life and protects arrays of the caller's, since
 * `tf.tensor(array)` keeps `array`. On every other backend, values are copied out and back. (What
 * the wasm backend returns is a copy already; others may keep what they return.)
 */
export class VariableStorage {
  readonly #tf: Tf;
  readonly #inPlace: boolean;
  readonly #own = new WeakMap<TfVariable, Float32Array>();

  constructor(tf: Tf, inPlace: boolean) {
    this.#tf = tf;
    this.#inPlace = inPlace;
  }

  lease(variable: TfVariable): Lease {
    const values = variable.dataSync() as Float32Array;
    if (this.#isExclusive(variable) && values === this.#own.get(variable)) {
      return { data: values, commit: () => {} };
    }
    const data = this.#tf.getBackend() === "wasm" ? values : values.slice();
    return { data, commit: () => this.#replace(variable, data) };
  }

  #isExclusive(variable: TfVariable): boolean {
    if (!this.#inPlace || this.#tf.getBackend() !== "cpu") return false;
    return this.#tf.backend().refCount?.(variable.dataId) === 1;
  }

  #replace(variable: TfVariable, data: Float32Array): void {
    const tensor = this.#tf.tensor(data, variable.shape, "float32");
    variable.assign(tensor);
    tensor.dispose();
    this.#own.set(variable, data);
  }
}
