import * as tf from "@tensorflow/tfjs";
import { type LeanOptimizer, leanOptimizer } from "lean-optim/tfjs";
import type { Batch } from "../data/batches.js";
import { type EncodedBatch, withEncodedBatch } from "../model/encoded-batch.js";
import { LanguageModel } from "../model/language-model.js";
import type { Parameter } from "../model/parameters.js";
import type { ModelShape } from "../model/shape.js";
import type { ComparisonSettings } from "./comparison.js";
import {
  describe,
  type LearningRates,
  MAX_GRADIENT_NORM,
  type OptimizerName,
  publishedSchedule,
  recipesOf,
  titles,
} from "./contenders.js";
import type { ContenderResult, Evaluation } from "./results.js";

/** One optimizer with a model of its own, and the record of its training. */
export class Contender {
  readonly name: OptimizerName;
  readonly title: string;
  readonly #learningRate: number;
  readonly #description: string;
  readonly #model: LanguageModel;
  readonly #optimizer: tf.Optimizer & LeanOptimizer;
  readonly #evaluations: Evaluation[] = [];
  readonly #trainingLoss: number[] = [];
  readonly #modelMilliseconds: number[] = [];
  readonly #optimizerMilliseconds: number[] = [];
  #tokens = 0;
  #seconds = 0;

  constructor(
    name: OptimizerName,
    shape: ModelShape,
    parameters: readonly Parameter[],
    rates: LearningRates,
    { rank, steps }: Pick<ComparisonSettings, "rank" | "steps">,
  ) {
    this.name = name;
    this.title = titles[name];
    this.#learningRate = rates[name];
    this.#description = describe(name, rank);
    this.#model = new LanguageModel(shape, parameters, name);
    const { matrices, others } = recipesOf(name, rates, rank, publishedSchedule(steps));
    const roles = new Map(
      parameters.map(({ name: parameter, role }) => [`${name}/${parameter}`, role]),
    );
    this.#optimizer = leanOptimizer(tf, matrices, {
      groups: (variable) => (roles.get(variable) === "matrix" ? matrices : others),
      maxGradNorm: MAX_GRADIENT_NORM,
    });
  }

  /** The latest validation loss, if any. */
  get validationLoss(): number | undefined {
    return this.#evaluations.at(-1)?.loss;
  }

  /** One training step. */
  step(batch: EncodedBatch): void {
    const start = performance.now();
    const { value, grads } = tf.variableGrads(
      () => this.#model.loss(batch),
      this.#model.variables as tf.Variable[],
    );
    this.#trainingLoss.push(value.dataSync()[0] as number);
    const differentiated = performance.now();
    this.#optimizer.applyGradients(grads);
    const end = performance.now();
    tf.dispose([value, grads]);

    this.#modelMilliseconds.push(differentiated - start);
    this.#optimizerMilliseconds.push(end - differentiated);
    this.#tokens += batch.sequences * batch.length;
    this.#seconds += (end - start) / 1000;
  }

  /** Records the loss on `batches` at the present step. */
  evaluate(batches: readonly Batch[]): void {
    this.#evaluations.push({
      step: this.#trainingLoss.length,
      tokens: this.#tokens,
      seconds: this.#seconds,
      loss: this.#lossOn(batches),
    });
  }

  /** The record so far, with the loss on the whole held-out tail and a sample of writing. */
  result(heldOut: readonly Batch[], sample: (model: LanguageModel) => string): ContenderResult {
    return {
      name: this.name,
      title: this.title,
      learningRate: this.#learningRate,
      description: this.#description,
      evaluations: this.#evaluations,
      trainingLoss: this.#trainingLoss,
      modelMilliseconds: this.#modelMilliseconds,
      optimizerMilliseconds: this.#optimizerMilliseconds,
      stateBytes: this.#optimizer.memory().byKind,
      finalLoss: this.#lossOn(heldOut),
      sample: sample(this.#model),
    };
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.#model.dispose();
  }

  #lossOn(batches: readonly Batch[]): number {
    const losses = batches.map((batch) =>
      withEncodedBatch(
        batch,
        this.#model.shape.vocabulary,
        (encoded) => tf.tidy(() => this.#model.loss(encoded)).dataSync()[0] as number,
      ),
    );
    return losses.reduce((total, loss) => total + loss, 0) / losses.length;
  }
}
