import { LeanError } from "../../errors.js";
import { Optimizer } from "../../optimizer.js";
import type { OptimizerOptions, Parameter } from "../../optimizer-options.js";
import { numel } from "../../tensor.js";
import { Bindings, variablesOf } from "./bindings.js";
import type { Tf, TfTensor, TfVariable } from "./namespace.js";
import type { RecipeGroup, RecipeGroups } from "./recipe-groups.js";
import type { SavedState } from "./saved-state.js";
import { type Lease, VariableStorage } from "./variable-storage.js";

/** A variable with its gradient, null where the loss does not depend on it. */
export interface Update {
  readonly variable: TfVariable;
  readonly gradient: TfTensor | null;
}

type Leases = Map<TfVariable, Lease>;

/**
 * The library's optimizer over tf variables: made when the first step tells which there are, and
 * made again, with the state it had, when a later step brings others.
 */
export class Stepper {
  readonly #tf: Tf;
  readonly #groups: RecipeGroups;
  readonly #options: OptimizerOptions;
  readonly #storage: VariableStorage;
  readonly #bindings = new Bindings();
  /** For each group of the optimizer its number in #groups. */
  #groupNumbers: number[] = [];
  #optimizer: Optimizer | undefined;
  /** How many variables it was made for. */
  #builtCount = 0;
  /** A state that waits for the variables that it belongs to. */
  #awaiting: SavedState | undefined;
  #disposed = false;

  constructor(tf: Tf, groups: RecipeGroups, options: OptimizerOptions, inPlace: boolean) {
    this.#tf = tf;
    this.#groups = groups;
    this.#options = options;
    this.#storage = new VariableStorage(tf, inPlace);
  }

  /** The library's optimizer, once there was a step. */
  get optimizer(): Optimizer | undefined {
    return this.#optimizer;
  }

  /** Updates every variable that has a gradient. */
  step(updates: readonly Update[]): void {
    this.requireOpen();
    updates.forEach(requireSteppable);
    if (this.#awaiting !== undefined) this.#restore(this.#awaiting, updates);
    const active = updates.filter(({ gradient }) => gradient !== null);
    if (active.length === 0) return;
    for (const { variable } of active) this.#bindings.bind(variable);
    const leases: Leases = new Map();
    for (const { variable } of active) leases.set(variable, this.#storage.lease(variable));
    if (this.#bindings.count > this.#builtCount) this.#build(leases);
    this.#run(active, leases);
    for (const lease of leases.values()) lease.commit();
  }

  /** A copy of the state; undefined before there is one. */
  save(): SavedState | undefined {
    this.requireOpen();
    if (this.#awaiting !== undefined) return this.#awaiting;
    if (this.#optimizer === undefined) return undefined;
    return {
      parameters: this.#bindings.all.map(({ parameter }) => parameter),
      state: this.#optimizer.stateDict(),
    };
  }

  /** Replaces the state, at the next step, when the variables that it belongs to are known. */
  load(saved: SavedState): void {
    this.requireOpen();
    this.#awaiting = saved.parameters.length === 0 ? undefined : saved;
    this.#unbind();
  }

  dispose(): void {
    this.#disposed = true;
    this.#awaiting = undefined;
    this.#unbind();
  }

  requireOpen(): void {
    if (this.#disposed) throw new LeanError("ERR_LEAN_DISPOSED", "the optimizer was disposed");
  }

  #restore(saved: SavedState, updates: readonly Update[]): void {
    const stepped = updates.map(({ variable }) => variable);
    const variables = variablesOf(saved, stepped, this.#tf.engine().registeredVariables);
    variables.forEach((variable, i) => {
      this.#bindings.bind(variable, saved.parameters[i]);
    });
    try {
      this.#build(new Map()).loadStateDict(saved.state);
      this.#awaiting = undefined;
    } catch (error) {
      this.#unbind();
      throw error;
    }
  }

  /** Makes the optimizer anew for all bound variables; those that it had keep their state. */
  #build(leases: Leases): Optimizer {
    const members = new Map<number, Parameter[]>();
    for (const { variable, parameter, shape } of this.#bindings.all) {
      const number = this.#groups.indexFor(parameter, variable.shape);
      // A disposed variable keeps its state for one that may take its place.
      const data = variable.isDisposed
        ? new Float32Array(numel(shape))
        : (leases.get(variable) ?? this.#storage.lease(variable)).data;
      members.set(number, [...(members.get(number) ?? []), { name: parameter, data, shape }]);
    }
    const groups = [...members].sort(([a], [b]) => a - b);
    const built = new Optimizer(
      groups.map(([number, params]) => ({ params, optimizer: this.#group(number).recipe })),
      this.#options,
    );
    if (this.#optimizer !== undefined) {
      built.loadStateDict({ ...built.stateDict(), ...this.#optimizer.stateDict() });
      this.#optimizer.dispose();
    }
    this.#optimizer = built;
    this.#groupNumbers = groups.map(([number]) => number);
    this.#builtCount = this.#bindings.count;
    return built;
  }

  #run(active: readonly Update[], leases: Leases): void {
    const optimizer = this.#optimizer as Optimizer;
    optimizer.groups.forEach((group, i) => {
      const { lr, weightDecay } = this.#group(this.#groupNumbers[i] as number);
      group.lr = lr;
      group.weightDecay = weightDecay;
    });
    const params: Record<string, Float32Array> = {};
    const grads: Record<string, Float32Array | null> = {};
    for (const { parameter } of this.#bindings.all) grads[parameter] = null;
    for (const { variable, gradient } of active) {
      const { parameter } = this.#bindings.bind(variable);
      params[parameter] = leases.get(variable)?.data as Float32Array;
      grads[parameter] = gradient?.dataSync() as Float32Array;
    }
    optimizer.step({ params, grads });
  }

  #group(number: number): RecipeGroup {
    return this.#groups.all[number] as RecipeGroup;
  }

  #unbind(): void {
    this.#optimizer?.dispose();
    this.#optimizer = undefined;
    this.#builtCount = 0;
    this.#bindings.clear();
  }
}

function requireSteppable({ variable }: Update): void {
  if (variable.dtype === "float32") return;
  throw new LeanError(
    "ERR_LEAN_DTYPE",
    `${variable.name} is ${variable.dtype}: only float32 variables are stepped`,
    { parameter: variable.name, value: variable.dtype },
  );
}
