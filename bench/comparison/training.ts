/** One training of the comparison: from what it is determined by to what came of it. */

import { createHash } from "node:crypto";
import type { Recipe } from "lean-optim";
import type { TokenizedBook } from "../../examples/language-model/data/tokenized-book.js";
import { withEncodedBatch } from "../../examples/language-model/model/encoded-batch.js";
import type { Parameter } from "../../examples/language-model/model/parameters.js";
import { publishedSchedule } from "../../examples/language-model/training/contenders.js";
import { languageTask, type TaskSettings } from "../../examples/language-model/training/task.js";
import { type ModelRecipes, Trainee } from "../../examples/language-model/training/trainee.js";
import { type Entry, entryOf } from "./entries.js";

/** Everything that determines a training, beside this code and the kind of the processor. */
export interface Training extends TaskSettings {
  /** An entry's name. */
  readonly entry: string;
  readonly learningRate: number;
  /** AdamW's, for the embedding and the gains of norms. */
  readonly othersRate: number;
  /** Tokens that the text is encoded with. */
  readonly vocabulary: number;
  readonly rank: number;
  readonly steps: number;
  /** How many times, at equal distances, the validation loss is taken; the last time at the end. */
  readonly evaluations: number;
  /** Takes the final loss on the whole held-out tail, not on what evaluations see. */
  readonly wholeTail: boolean;
}

export interface Evaluation {
  readonly step: number;
  /** In nats per token. */
  readonly loss: number;
}

/** What came of a training. All but `seconds` is the same each time, bit for bit. */
export interface Outcome {
  /** Up to the step at which losses ceased to be numbers. */
  readonly evaluations: readonly Evaluation[];
  /** In nats per token; null if losses ceased to be numbers. */
  readonly finalLoss: number | null;
  /** Losses ceased to be numbers, or the last is above the first. */
  readonly diverged: boolean;
  /** Bytes of optimizer state by kind. */
  readonly stateBytes: Readonly<Record<string, number>>;
  /** Of the losses of all steps and the final weights. */
  readonly digest: string;
  /** That it took, on however busy a machine. */
  readonly seconds: number;
}

/** Steps between two looks at what happens outside. */
const BREATH = 20;

/** The recipes of one entry, for the model's parameters. */
export function recipesFor(
  { recipe, head }: Entry,
  {
    learningRate: lr,
    othersRate,
    rank,
    steps,
  }: Pick<Training, "learningRate" | "othersRate" | "rank" | "steps">,
): ModelRecipes {
  const schedule = publishedSchedule(steps);
  const options = { lr, rank, schedule };
  const matrices = recipe(options);
  const others = entryOf("adamw").recipe({ ...options, lr: othersRate });
  let output: Recipe = matrices;
  if (head !== undefined) output = head === "adamw" ? others : head(options);
  const of = ({ name, role }: Parameter) => {
    if (role !== "matrix") return others;
    return name === "head" ? output : matrices;
  };
  return { matrices, of };
}

/** Trains; `breathe` is awaited now and then and may throw to end it. */
export async function train(
  book: TokenizedBook,
  training: Training,
  breathe: () => Promise<void> = async () => {},
): Promise<Outcome> {
  const start = performance.now();
  const { steps, evaluations: looks, seed } = training;
  const { shape, parameters, batches, validation, tail } = languageTask(book, training);
  const recipes = recipesFor(entryOf(training.entry), training);
  const trainee = new Trainee("model", shape, parameters, recipes, seed);
  const hash = createHash("sha256");
  try {
    const evaluations: Evaluation[] = [{ step: 0, loss: trainee.lossOn(validation) }];
    const interval = Math.max(1, Math.round(steps / looks));
    let finite = true;
    for (let step = 1; step <= steps && finite; step++) {
      const { loss } = withEncodedBatch(batches.next().value, shape.vocabulary, (batch) =>
        trainee.step(batch),
      );
      hash.update(Float64Array.of(loss));
      finite = Number.isFinite(loss);
      if (finite && (step % interval === 0 || step === steps)) {
        const validationLoss = trainee.lossOn(validation);
        finite = Number.isFinite(validationLoss);
        if (finite) evaluations.push({ step, loss: validationLoss });
      }
      if (step % BREATH === 0) await breathe();
    }
    for (const variable of trainee.model.variables) hash.update(variable.dataSync());
    const last = evaluations.at(-1)?.loss ?? Number.NaN;
    const finalLoss = finite && training.wholeTail ? trainee.lossOn(tail) : last;
    return {
      evaluations,
      finalLoss: finite ? finalLoss : null,
      diverged: !finite || finalLoss > (evaluations[0]?.loss ?? Number.NaN),
      stateBytes: trainee.stateBytes,
      digest: hash.digest("hex").slice(0, 16),
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    trainee.dispose();
  }
}
