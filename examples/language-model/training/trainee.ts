import * as tf from "@tensorflow/tfjs";
import type { Recipe } from "lean-optim";
import { type LeanOptimizer, leanOptimizer } from "lean-optim/tfjs";
import type { Batch } from "../data/batches.js";
import { type EncodedBatch, withEncodedBatch } from "../model/encoded-batch.js";
import { LanguageModel } from "../model/language-model.js";
import type { Parameter } from "../model/parameters.js";
import type { ModelShape } from "../model/shape.js";
import { MAX_GRADIENT_NORM } from "./contenders.js";

/** What one training step was like. */
export interface StepMeasures {
  /** Of the batch, before its update. */
  readonly loss: number;
  /** Of forward and backward. */
  readonly modelMilliseconds: number;
  readonly optimizerMilliseconds: number;
}

/** Gradients of the loss by parameter. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

/** Recipes of a model's parameters; `matrices` is the one that the optimizer is known by. */
export interface ModelRecipes {
  readonly matrices: Recipe;
  readonly of: (parameter: Parameter) => Recipe;
}

/** A model and its optimizer. */
export class Trainee {
  readonly model: LanguageModel;
  readonly #scope: string;
  readonly #optimizer: tf.Optimizer & LeanOptimizer;

  /** `scope` starts the names of variables: no two trainees alive may share it. */
  constructor(
    scope: string,
    shape: ModelShape,
    parameters: readonly Parameter[],
    recipes: ModelRecipes,
    seed?: number,
  ) {
    this.#scope = scope;
    this.model = new LanguageModel(shape, parameters, scope);
    const chosen = new Map(
      parameters.map((parameter) => [this.#variable(parameter.name), recipes.of(parameter)]),
    );
    this.#optimizer = leanOptimizer(tf, recipes.matrices, {
      groups: (variable) => chosen.get(variable),
      maxGradNorm: MAX_GRADIENT_NORM,
      ...(seed !== undefined && { seed }),
    });
  }

  /** Bytes of optimizer state by kind. */
  get stateBytes(): Readonly<Record<string, number>> {
    return this.#optimizer.memory().byKind;
  }

  step(batch: EncodedBatch): StepMeasures {
    const start = performance.now();
    const { loss, gradients } = this.differentiate(batch);
    const differentiated = performance.now();
    this.apply(gradients);
    const end = performance.now();
    tf.dispose([...gradients.values()]);
    return {
      loss,
      modelMilliseconds: differentiated - start,
      optimizerMilliseconds: end - differentiated,
    };
  }

  /** The loss of a batch and its gradients, which are the caller's to free. */
  differentiate(batch: EncodedBatch): { readonly loss: number; readonly gradients: Gradients } {
    const { value, grads } = tf.variableGrads(
      () => this.model.loss(batch),
      this.model.variables as tf.Variable[],
    );
    const loss = value.dataSync()[0] as number;
    value.dispose();
    const named = Object.entries(grads).map(
      ([variable, gradient]) => [variable.slice(this.#scope.length + 1), gradient] as const,
    );
    return { loss, gradients: new Map(named) };
  }

  /** Steps along gradients, which may come from another trainee. */
  apply(gradients: Gradients): void {
    const named = [...gradients].map(([name, gradient]) => [this.#variable(name), gradient]);
    this.#optimizer.applyGradients(Object.fromEntries(named));
  }

  /** The mean loss of batches. */
  lossOn(batches: readonly Batch[]): number {
    const losses = batches.map((batch) =>
      withEncodedBatch(
        batch,
        this.model.shape.vocabulary,
        (encoded) => tf.tidy(() => this.model.loss(encoded)).dataSync()[0] as number,
      ),
    );
    return losses.reduce((total, loss) => total + loss, 0) / losses.length;
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.model.dispose();
  }

  #variable(parameter: string): string {
    return `${this.#scope}/${parameter}`;
  }
}
