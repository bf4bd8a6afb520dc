import type { Batch } from "../data/batches.js";
import { type EncodedBatch, withEncodedBatch } from "../model/encoded-batch.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Parameter } from "../model/parameters.js";
import type { ComparisonSettings } from "./comparison.js";
import {
  describe,
  type LearningRates,
  type OptimizerName,
  publishedSchedule,
  recipesOf,
  titles,
} from "./contenders.js";
import { GrowingBatches } from "./growing-batches.js";
import type { ContenderResult, Evaluation } from "./results.js";
import { SEQUENCE_LENGTH, type Task } from "./task.js";
import { type StepMeasures, Trainee } from "./trainee.js";

type ContenderSettings = Pick<ComparisonSettings, "rank" | "steps" | "tokens" | "adaptiveBatch">;

/** One optimizer with a model of its own, and the record of its training. */
export class Contender {
  readonly name: OptimizerName;
  readonly title: string;
  readonly #learningRate: number;
  readonly #description: string;
  readonly #trainee: Trainee;
  /** What steps instead of the trainee, where batches may grow. */
  readonly #growing: GrowingBatches | undefined;
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
    settings: ContenderSettings,
  ) {
    const { rank, steps, tokens, adaptiveBatch } = settings;
    const sequences = tokens / SEQUENCE_LENGTH;
    this.name = name;
    this.title = titles[name];
    this.#learningRate = rates[name];
    this.#description = describe(name, rank);
    const schedule = publishedSchedule(adaptiveBatch === undefined ? steps : steps * sequences);
    const { matrices, others } = recipesOf(name, rates, rank, schedule);
    const of = ({ role }: Parameter) => (role === "matrix" ? matrices : others);
    this.#trainee = new Trainee(name, shape, parameters, { matrices, of });
    if (adaptiveBatch !== undefined) {
      const { variables } = this.#trainee.model;
      this.#growing = new GrowingBatches(variables, parameters, of, adaptiveBatch, sequences);
    }
  }

  /** The latest validation loss, if any. */
  get validationLoss(): number | undefined {
    return this.#evaluations.at(-1)?.loss;
  }

  /** Tokens trained on so far. */
  get tokens(): number {
    return this.#tokens;
  }

  /** One training step. */
  step(batch: EncodedBatch): void {
    this.#record(this.#trainee.step(batch), batch.sequences * batch.length);
  }

  /**
   * A step with a batch of the size that its optimizer asks for, of micro-batches from `batches`; none,
   * and false, where it would go beyond `budget` tokens in all.
   */
  stepGrowing(batches: Iterator<Batch, never>, budget: number): boolean {
    const growing = this.#growing as GrowingBatches;
    const count = growing.next(budget / SEQUENCE_LENGTH);
    if (count === 0) return false;
    let [loss, tokens, modelMilliseconds] = [0, 0, 0];
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      withEncodedBatch(batches.next().value, this.#trainee.model.shape.vocabulary, (batch) => {
        const begin = performance.now();
        const found = this.#trainee.differentiate(batch);
        modelMilliseconds += performance.now() - begin;
        growing.add(found.gradients);
        for (const gradient of found.gradients.values()) gradient.dispose();
        loss += found.loss / count;
        tokens += batch.sequences * batch.length;
      });
    }
    growing.step();
    const optimizerMilliseconds = performance.now() - start - modelMilliseconds;
    this.#record({ loss, modelMilliseconds, optimizerMilliseconds }, tokens);
    return true;
  }

  /** Records the loss on `batches` at the present step, once. */
  evaluate(batches: readonly Batch[]): void {
    if (this.#evaluations.at(-1)?.step === this.#trainingLoss.length) return;
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
      stateBytes: (this.#growing ?? this.#trainee).stateBytes,
      ...(this.#growing && { batches: this.#growing.records }),
      finalLoss: this.#trainee.lossOn(heldOut),
      sample: sample(this.#trainee.model),
    };
  }

  dispose(): void {
    this.#growing?.dispose();
    this.#trainee.dispose();
  }

  #record({ loss, modelMilliseconds, optimizerMilliseconds }: StepMeasures, tokens: number): void {
    this.#trainingLoss.push(loss);
    this.#modelMilliseconds.push(modelMilliseconds);
    this.#optimizerMilliseconds.push(optimizerMilliseconds);
    this.#tokens += tokens;
    this.#seconds += (modelMilliseconds + optimizerMilliseconds) / 1000;
  }
}
