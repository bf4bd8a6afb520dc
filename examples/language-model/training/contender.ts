import type { Batch } from "../data/batches.js";
import type { EncodedBatch } from "../model/encoded-batch.js";
import type { LanguageModel } from "../model/language-model.js";
import type { ComparisonSettings } from "./comparison.js";
import {
  describe,
  type LearningRates,
  type OptimizerName,
  publishedSchedule,
  recipesOf,
  titles,
} from "./contenders.js";
import type { ContenderResult, Evaluation } from "./results.js";
import type { Task } from "./task.js";
import { Trainee } from "./trainee.js";

/** One optimizer with a model of its own, and the record of its training. */
export class Contender {
  readonly name: OptimizerName;
  readonly title: string;
  readonly #learningRate: number;
  readonly #description: string;
  readonly #trainee: Trainee;
  readonly #evaluations: Evaluation[] = [];
  readonly #trainingLoss: number[] = [];
  readonly #modelMilliseconds: number[] = [];
  readonly #optimizerMilliseconds: number[] = [];
  #tokens = 0;
  #seconds = 0;

  constructor(
    name: OptimizerName,
    { shape, parameters }: Pick<Task, "shape" | "parameters">,
    rates: LearningRates,
    { rank, steps }: Pick<ComparisonSettings, "rank" | "steps">,
  ) {
    this.name = name;
    this.title = titles[name];
    this.#learningRate = rates[name];
    this.#description = describe(name, rank);
    const { matrices, others } = recipesOf(name, rates, rank, publishedSchedule(steps));
    this.#trainee = new Trainee(name, shape, parameters, {
      matrices,
      of: ({ role }) => (role === "matrix" ? matrices : others),
    });
  }

  /** The latest validation loss, if any. */
  get validationLoss(): number | undefined {
    return this.#evaluations.at(-1)?.loss;
  }

  /** One training step. */
  step(batch: EncodedBatch): void {
    const { loss, modelMilliseconds, optimizerMilliseconds } = this.#trainee.step(batch);
    this.#trainingLoss.push(loss);
    this.#modelMilliseconds.push(modelMilliseconds);
    this.#optimizerMilliseconds.push(optimizerMilliseconds);
    this.#tokens += batch.sequences * batch.length;
    this.#seconds += (modelMilliseconds + optimizerMilliseconds) / 1000;
  }

  /** Records the loss on `batches` at the present step. */
  evaluate(batches: readonly Batch[]): void {
    this.#evaluations.push({
      step: this.#trainingLoss.length,
      tokens: this.#tokens,
      seconds: this.#seconds,
      loss: this.#trainee.lossOn(batches),
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
      stateBytes: this.#trainee.stateBytes,
      finalLoss: this.#trainee.lossOn(heldOut),
      sample: sample(this.#trainee.model),
    };
  }

  dispose(): void {
    this.#trainee.dispose();
  }
}
