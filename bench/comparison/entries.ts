/** What is compared: every recipe of the library, in the order in which they are trained. */

import type { Recipe, Schedule } from "lean-optim";
import { BASIS_INTERVAL } from "../../examples/language-model/training/contenders.js";
import { recipes } from "../../lib/recipes/index.js";

/** What an entry's recipes are made of. */
export interface EntryOptions {
  readonly lr: number;
  readonly rank: number;
  readonly schedule: Schedule;
}

export interface Entry {
  /** Unique, and what `--recipes` takes: the recipe's name, and what is particular about it. */
  readonly name: string;
  readonly title: string;
  /** What is kept for an m × n matrix, and settings that are not the recipe's defaults. */
  readonly note: string;
  /** Which lines of a chart look alike. */
  readonly family: "elementwise" | "subset" | "subspace" | "lowRank" | "orthogonal" | "plain";
  /** The middle of the sweep. */
  readonly centre: number;
  readonly recipe: (options: EntryOptions) => Recipe;
  /** Of the output layer, where publications give it another than other matrices'. */
  readonly head?: "adamw" | ((options: EntryOptions) => Recipe);
}

/** Settings of those that keep a basis. */
const projected = ({ lr, rank, schedule }: EntryOptions) => ({
  lr,
  rank,
  schedule,
  updateProjGap: BASIS_INTERVAL,
});

const plain = ({ lr, schedule }: EntryOptions) => ({ lr, schedule });

/** The output layer stays with AdamW, as the publication advises. */
const HEAD_NOTE = "; the output layer is AdamW's, as published";

// Matrices of the model are inputs × outputs: the lines of one output are columns.
export const entries: readonly Entry[] = [
  {
    name: "adamw",
    title: "AdamW",
    note: "momentum and second moment of every value",
    family: "elementwise",
    centre: 4e-3,
    recipe: (options) => recipes.adamw({ ...plain(options), weightDecay: 0 }),
  },
  {
    name: "adamSN",
    title: "AdamSN",
    note: "momentum; one second moment a row or column, sums",
    family: "subset",
    centre: 4e-2,
    recipe: (options) => recipes.adamSN(plain(options)),
  },
  {
    name: "adamSNSM",
    title: "AdamSNSM",
    note: "momentum in a subspace; one second moment a row or column, sums",
    family: "subspace",
    centre: 4e-2,
    recipe: (options) => recipes.adamSNSM(projected(options)),
  },
  {
    name: "sgd",
    title: "SGD",
    note: "nothing",
    family: "plain",
    centre: 1,
    recipe: (options) => recipes.sgd(plain(options)),
  },
  {
    name: "muon",
    title: "Muon",
    note: `momentum${HEAD_NOTE}`,
    family: "orthogonal",
    centre: 2e-2,
    recipe: (options) => recipes.muon({ ...plain(options), weightDecay: 0 }),
    head: "adamw",
  },
  {
    name: "adago",
    title: "AdaGO",
    note: `momentum and one number${HEAD_NOTE}`,
    family: "orthogonal",
    centre: 2e-1,
    recipe: (options) => recipes.adago(plain(options)),
    head: "adamw",
  },
  {
    name: "galore",
    title: "GaLore",
    note: "both moments in a low-rank basis",
    family: "lowRank",
    centre: 2e-2,
    recipe: (options) => recipes.galore(projected(options)),
  },
  {
    name: "fira",
    title: "Fira",
    note: "both moments in a low-rank basis",
    family: "lowRank",
    centre: 2e-2,
    recipe: (options) => recipes.fira(projected(options)),
  },
  {
    name: "apollo",
    title: "APOLLO",
    note: "both moments in a random low-rank basis, for step sizes alone",
    family: "lowRank",
    centre: 2e-2,
    recipe: (options) => recipes.apollo(projected(options)),
  },
  {
    name: "adamMini",
    title: "Adam-mini",
    note: "momentum; one second moment an output",
    family: "subset",
    centre: 4e-3,
    recipe: (options) => recipes.adamMini({ ...plain(options), partitionOf: [["", "column"]] }),
  },
  {
    name: "adamSM",
    title: "AdamSM",
    note: "momentum in a subspace; second moment of every value",
    family: "subspace",
    centre: 4e-3,
    recipe: (options) => recipes.adamSM(projected(options)),
  },
  {
    name: "apolloMini",
    title: "APOLLO-Mini",
    note: "APOLLO of rank 1, one step size a matrix",
    family: "lowRank",
    centre: 2e-2,
    recipe: ({ rank: _, ...options }) =>
      recipes.apolloMini({ ...plain({ ...options, rank: 1 }), updateProjGap: BASIS_INTERVAL }),
  },
  {
    name: "scaleSGD",
    title: "SCALE",
    note: "one number an output, momentum for the output layer alone",
    family: "plain",
    centre: 4e-3,
    recipe: (options) => recipes.scaleSGD({ ...plain(options), partition: "column" }),
    head: (options) => recipes.scaleSGD({ ...plain(options), partition: "column", momentum: 0.9 }),
  },
  {
    name: "sgdMomentum",
    title: "SGDM",
    note: "momentum of 0.9",
    family: "plain",
    centre: 1e-1,
    recipe: (options) => recipes.sgd({ ...plain(options), momentum: 0.9 }),
  },
  {
    name: "rmsprop",
    title: "RMSprop",
    note: "second moment of every value",
    family: "elementwise",
    centre: 2e-3,
    recipe: (options) => recipes.rmsprop(plain(options)),
  },
  {
    name: "rmspropSN",
    title: "RMSpropSN",
    note: "one second moment a row or column, sums",
    family: "subset",
    centre: 2e-2,
    recipe: (options) => recipes.rmspropSN(plain(options)),
  },
  {
    name: "adamSNG",
    title: "AdamSNG",
    note: "momentum; second moments of runs of values",
    family: "subset",
    centre: 4e-2,
    recipe: (options) => recipes.adamSNG(plain(options)),
  },
  {
    name: "sgdSM",
    title: "SGD-SM",
    note: "momentum in a subspace",
    family: "subspace",
    centre: 1e-1,
    recipe: (options) => recipes.sgdSM(projected(options)),
  },
  {
    name: "adagrad",
    title: "AdaGrad",
    note: "sum of squares of every value",
    family: "elementwise",
    centre: 4e-2,
    recipe: (options) => recipes.adagrad(plain(options)),
  },
  {
    name: "adagradSN",
    title: "AdaGradSN",
    note: "one sum of squares a row or column",
    family: "subset",
    centre: 4e-1,
    recipe: (options) => recipes.adagradSN(plain(options)),
  },
  {
    name: "adagradSNSM",
    title: "AdaGradSNSM",
    note: "momentum in a subspace; one sum of squares a row or column",
    family: "subspace",
    centre: 4e-1,
    recipe: (options) => recipes.adagradSNSM(projected(options)),
  },
  {
    name: "adagradNorm",
    title: "AdaGrad-Norm",
    note: "one number",
    family: "plain",
    centre: 4,
    recipe: (options) => recipes.adagradNorm(plain(options)),
  },
  {
    name: "adamSNSM-topK",
    title: "AdamSNSM topK",
    note: "as AdamSNSM, the subspace being rows or columns",
    family: "subspace",
    centre: 4e-2,
    recipe: (options) => recipes.adamSNSM({ ...projected(options), projector: "topK" }),
  },
  {
    name: "ldadam",
    title: "LDAdam",
    note: "both moments in a subspace that turns at every step, and its error",
    family: "lowRank",
    centre: 4e-3,
    recipe: ({ lr, rank, schedule }) => recipes.ldadam({ lr, rank, schedule }),
  },
];

export function entryOf(name: string): Entry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new RangeError(`there is no entry "${name}"`);
  return entry;
}
