import type { Tf, TfNamedTensor, TfVariable } from "./namespace.js";
import type { EncodedTensor } from "./saved-state.js";

let instances = 0;

/**
 * Copies of an optimizer's state as tf variables: made when it is first asked for, updated whenever
 * it is asked for again, so that saving often does not leak, and counted by `tf.memory()`.
 */
export class StateVariables {
  readonly #tf: Tf;
  readonly #scope = `leanOptimizer${instances++}`;
  readonly #variables = new Map<string, TfVariable>();

  constructor(tf: Tf) {
    this.#tf = tf;
  }

  /** The tensors as variables of the same names and order; those not among them are freed. */
  publish(tensors: readonly EncodedTensor[]): TfNamedTensor[] {
    const wanted = new Set(tensors.map(({ name }) => name));
    for (const [name, variable] of this.#variables) {
      if (!wanted.has(name)) this.#free(name, variable);
    }
    return tensors.map((tensor) => ({ name: tensor.name, tensor: this.#update(tensor) }));
  }

  dispose(): void {
    for (const [name, variable] of this.#variables) this.#free(name, variable);
  }

  #update({ name, dtype, shape, values }: EncodedTensor): TfVariable {
    let variable = this.#variables.get(name);
    if (variable !== undefined && String(variable.shape) !== String(shape)) {
      this.#free(name, variable);
      variable = undefined;
    }
    const value = this.#tf.tensor(values, [...shape], dtype);
    if (variable === undefined) {
      variable = this.#tf.variable(value, false, `${this.#scope}/${name}`, dtype);
      this.#variables.set(name, variable);
    } else {
      variable.assign(value);
    }
    value.dispose();
    return variable;
  }

  #free(name: string, variable: TfVariable): void {
    variable.dispose();
    this.#variables.delete(name);
  }
}
