import { LeanError } from "../../errors.js";
import type { TfVariable } from "./namespace.js";
import type { SavedState } from "./saved-state.js";

/** A variable that is stepped, as a parameter of the library's optimizer. */
export interface Binding {
  readonly variable: TfVariable;
  /** The parameter's name: the variable's, or the one that it was saved under. */
  readonly parameter: string;
  /** As the library sees the variable: {@link matrixShape}. */
  readonly shape: readonly number[];
}

/**
 * A variable's shape with all dimensions but the last as one: tfjs's layers keep their outputs last
 * (dense [in, out], convolution [height, width, in, out]), so these are the matrices that they are.
 */
export function matrixShape(shape: readonly number[]): number[] {
  if (shape.length <= 2) return [...shape];
  const last = shape.at(-1) as number;
  return [shape.slice(0, -1).reduce((product, extent) => product * extent, 1), last];
}

/** The variables of an optimizer by their names, in the order of first appearance. */
export class Bindings {
  readonly #byVariable = new Map<string, Binding>();
  readonly #parameters = new Set<string>();

  get all(): Binding[] {
    return [...this.#byVariable.values()];
  }

  get count(): number {
    return this.#byVariable.size;
  }

  /**
   * The binding of a variable, made if it is new. A variable that takes the place of a disposed one
   * of its name takes its state, too.
   *
   * @throws LeanError ERR_LEAN_SHAPE when a variable of that name had another shape
   */
  bind(variable: TfVariable, parameter = this.#unusedName(variable.name)): Binding {
    const bound = this.#byVariable.get(variable.name);
    if (bound?.variable === variable) return bound;
    const shape = matrixShape(variable.shape);
    if (bound !== undefined && String(bound.shape) !== String(shape)) {
      throw new LeanError(
        "ERR_LEAN_SHAPE",
        `${variable.name} was [${bound.variable.shape.join(", ")}] and is ` +
          `[${variable.shape.join(", ")}] now: make a new optimizer for a new model`,
        { parameter: variable.name, value: variable.shape },
      );
    }
    const binding = { variable, parameter: bound?.parameter ?? parameter, shape };
    this.#byVariable.set(variable.name, binding);
    this.#parameters.add(binding.parameter);
    return binding;
  }

  clear(): void {
    this.#byVariable.clear();
    this.#parameters.clear();
  }

  /** A parameter may have been saved under the name that a later variable has now. */
  #unusedName(name: string): string {
    let unused = name;
    while (this.#parameters.has(unused)) unused += "'";
    return unused;
  }
}

/**
 * The variables that a saved state belongs to, in its order. By name, if all that are stepped now
 * were saved and all that were saved are there now; otherwise, as a model loaded beside the one that
 * it was saved from has other names, by their place.
 *
 * @throws LeanError ERR_LEAN_CHECKPOINT when neither fits
 */
export function variablesOf(
  { parameters }: SavedState,
  stepped: readonly TfVariable[],
  registered: { readonly [name: string]: TfVariable | undefined },
): TfVariable[] {
  const saved = new Set(parameters);
  const named = parameters.map((name) => registered[name]);
  if (stepped.every(({ name }) => saved.has(name)) && named.every((v) => v !== undefined)) {
    return named as TfVariable[];
  }
  if (stepped.length === parameters.length) return [...stepped];
  throw new LeanError(
    "ERR_LEAN_CHECKPOINT",
    `the saved state is of ${parameters.length} variables (${parameters.slice(0, 3).join(", ")}, ...), ` +
      `and ${stepped.length} others are stepped (${stepped[0]?.name}, ...)`,
    { value: parameters },
  );
}
