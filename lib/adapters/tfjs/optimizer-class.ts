import { LeanError } from "../../errors.js";
import type { MemoryReport } from "../../memory.js";
import type { OptimizerOptions } from "../../optimizer-options.js";
import { requireBoolean, requireKnownOptions } from "../../options.js";
import type { Recipe, RecipeConfig } from "../../recipe.js";
import { recipeFromConfig } from "../../recipes/index.js";
import type { Tf, TfGradients, TfNamedTensor, TfOptimizerBase, TfTensor } from "./namespace.js";
import { type RecipeChoice, type RecipeGroup, RecipeGroups } from "./recipe-groups.js";
import { decodeState, encodeState } from "./saved-state.js";
import { StateVariables } from "./state-variables.js";
import { Stepper, type Update } from "./stepper.js";

/** Options of the adapter, beside those of the library's optimizer. */
export interface LeanOptimizerOptions
  extends Pick<OptimizerOptions, "maxGradNorm" | "skipNonFinite" | "seed"> {
  /**
   * Another recipe for some variables, by name and shape, such as AdamW for embeddings. Vectors and
   * scalars need none: recipes for matrices treat them as ordinary Adam, SGD, ... would.
   */
  readonly groups?: RecipeChoice;
  /**
   * On tfjs's plain CPU backend, update variables in their own memory. What `dataSync()` returned
   * earlier then changes with them, as nothing else in tfjs does; clones do not. Default true.
   */
  readonly inPlace?: boolean;
}

/** What the adapter's optimizers have beside the methods of tf.Optimizer. */
export interface LeanOptimizer {
  /** The learning rate of the optimizer's own recipe. */
  learningRate: number;
  setLearningRate(learningRate: number): void;
  /** The optimizer's own recipe, then the others in use; rates and decays may be changed. */
  readonly groups: readonly RecipeGroup[];
  /** Bytes of state by kind; all zero before the first step. */
  memory(): MemoryReport;
}

/** What `getConfig` returns: JSON under the one key whose strings tfjs does not rewrite. */
interface Configuration {
  readonly name: string;
}

/** The content of a configuration. */
interface Contents {
  readonly recipes: RecipeConfig[];
  /** Numbers in `recipes`, by variable; others have the first. */
  readonly assigned: Readonly<Record<string, number>>;
  readonly options: Omit<LeanOptimizerOptions, "groups">;
}

const className = "LeanOptimizer";
const noMemory: MemoryReport = {
  byKind: { momentum: 0, secondMoment: 0, basis: 0, error: 0, counters: 0 },
  padding: 0,
  total: 0,
};

/** A subclass of one tf's Optimizer. */
export type LeanOptimizerClass = new (
  recipe: Recipe,
  options?: LeanOptimizerOptions,
) => LeanOptimizer & TfOptimizerBase;

/** The subclass of one tf's Optimizer, registered with its serialization. */
export function makeOptimizerClass(tf: Tf): LeanOptimizerClass {
  class LeanTfOptimizer extends tf.Optimizer implements LeanOptimizer {
    static readonly className = className;
    readonly #groups: RecipeGroups;
    readonly #stepper: Stepper;
    readonly #options: Omit<LeanOptimizerOptions, "groups">;
    readonly #stateVariables = new StateVariables(tf);

    constructor(recipe: Recipe, options: LeanOptimizerOptions = {}) {
      super();
      requireKnownOptions("leanOptimizer", options, optionNames);
      const { groups, ...rest } = options;
      const { inPlace = true, ...optimizerOptions } = rest;
      requireBoolean("inPlace", inPlace);
      this.#groups = new RecipeGroups(recipe, groups);
      this.#stepper = new Stepper(tf, this.#groups, optimizerOptions, inPlace);
      this.#options = rest;
    }

    static fromConfig(
      optimizerClass: LeanOptimizerClass,
      config: Configuration,
    ): LeanOptimizer & TfOptimizerBase {
      const { recipes, assigned, options } = JSON.parse(config.name) as Contents;
      const [recipe, ...others] = recipes.map(recipeFromConfig);
      const groups: RecipeChoice = (name) => others[(assigned[name] ?? 0) - 1];
      return new optimizerClass(recipe as Recipe, { ...options, groups });
    }

    get learningRate(): number {
      return (this.#groups.all[0] as RecipeGroup).lr;
    }

    set learningRate(learningRate: number) {
      (this.#groups.all[0] as RecipeGroup).lr = learningRate;
    }

    setLearningRate(learningRate: number): void {
      this.learningRate = learningRate;
    }

    get groups(): readonly RecipeGroup[] {
      return this.#groups.all;
    }

    applyGradients(gradients: TfGradients): void {
      this.#stepper.step(updatesOf(tf, gradients));
      this.incrementIterations();
    }

    memory(): MemoryReport {
      return this.#stepper.optimizer?.memory() ?? noMemory;
    }

    /** tfjs's count of iterations, then the state: the same variables at every call. */
    async getWeights(): Promise<TfNamedTensor[]> {
      const saved = this.#stepper.save();
      const tensors = saved === undefined ? [] : encodeState(saved);
      return [await this.saveIterations(), ...this.#stateVariables.publish(tensors)];
    }

    /** Takes a copy of what `getWeights` returned, here or in a run before this one. */
    async setWeights(weights: TfNamedTensor[]): Promise<void> {
      this.#stepper.requireOpen();
      this.#stepper.load(await decodeState(await this.extractIterations(weights)));
    }

    getConfig(): Configuration {
      const contents: Contents = { ...this.#groups.configuration(), options: this.#options };
      return { name: JSON.stringify(contents) };
    }

    override dispose(): void {
      this.#stepper.dispose();
      this.#stateVariables.dispose();
    }
  }
  tf.serialization.registerClass(LeanTfOptimizer);
  return LeanTfOptimizer;
}

const optionNames = ["groups", "inPlace", "maxGradNorm", "skipNonFinite", "seed"];

/** @throws LeanError ERR_LEAN_UNKNOWN_NAME for a gradient of no variable */
function updatesOf(tf: Tf, gradients: TfGradients): Update[] {
  const named: [string, TfTensor | null][] = Array.isArray(gradients)
    ? gradients.map(({ name, tensor }) => [name, tensor])
    : Object.entries(gradients);
  const variables = tf.engine().registeredVariables;
  return named.map(([name, gradient]) => {
    const variable = variables[name];
    if (variable === undefined) {
      throw new LeanError("ERR_LEAN_UNKNOWN_NAME", `tfjs has no variable called ${name}`, {
        parameter: name,
      });
    }
    return { variable, gradient: gradient ?? null };
  });
}
