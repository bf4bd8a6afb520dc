/** The tests that every recipe takes: each of its settings, on every kind of parameter. */
import { cosine, linear, type Recipe, type RecipeOptions } from "lean-optim";
import type { FamilyOptions } from "../../lib/recipes/family.js";
import { cudaBackends, hasKernelsOf } from "./backends.js";
import type { OracleSettings } from "./companion.js";
import { weightTypes } from "./dtypes.js";
import { type Shape, shapes } from "./shapes.js";
import { type Walk, walk } from "./walk.js";

/** What to ask the recipe for, and what that is in the oracle's words. */
export interface Case<Options> {
  readonly title: string;
  readonly options?: Options;
  readonly oracle?: OracleSettings;
  readonly parameters?: readonly Shape[];
  /** The rest of {@link Walk}. */
  readonly walk?: Partial<Walk>;
}

export interface RecipeTests<Options extends RecipeOptions> {
  readonly recipe: (options?: Options) => Recipe;
  /** The oracle's settings for the recipe without options. */
  readonly defaults: OracleSettings;
  /** What all cases ask for. */
  readonly options: NoInfer<Options> & { readonly lr: number };
  /** The oracle's settings for them. */
  readonly oracle: OracleSettings;
  readonly parameters?: readonly Shape[];
  /** The settings that only this recipe has. */
  readonly cases: readonly Case<NoInfer<Options>>[];
}

export function testRecipe<Options extends RecipeOptions>(tests: RecipeTests<Options>): void {
  const { recipe, defaults, options, oracle, parameters = shapes } = tests;
  const take = (what: Case<Options>, more: Partial<Walk> = {}) => {
    walk({
      recipe: recipe({ ...options, ...what.options }),
      oracle: { ...oracle, ...what.oracle },
      parameters: what.parameters ?? parameters,
      ...what.walk,
      ...more,
    });
  };

  test("its defaults", () => {
    walk({ recipe: recipe(), oracle: defaults, parameters });
  });

  test.each(weightTypes)("weights of $label", (type) => take({ title: "" }, { type }));

  const all = [...commonCases(options.lr), ...tests.cases] as Case<Options>[];
  test.each(all)("$title", (what) => take(what));

  const onDevices = cudaBackends.flatMap((device) => [
    ...all
      .filter((what) => hasKernelsOf(recipe({ ...options, ...what.options }), device))
      .map((what) => ({ ...what, device, type: undefined })),
    ...weightTypes.map((type) => ({ title: type.label, device, type })),
  ]);
  if (onDevices.length === 0) return;
  test.each(onDevices)("on $device: $title", ({ device, type, ...what }) => {
    const walked = (what as Case<Options>).walk;
    // Weights of 16 bits would have operands of products rounded, which the oracle does not; how far
    // that may go is for the kernel's own cases.
    const precision = { precision: "highest" } as const;
    take(what as Case<Options>, {
      ...(type && { type }),
      options: { ...walked?.options, device, ...(type && precision) },
    });
  });
}

/** The settings of recipes with an averaged momentum and an averaged second moment. */
export const momentCases: readonly Case<FamilyOptions>[] = [
  {
    title: "other betas and epsilon",
    options: { betas: [0.5, 0.8], eps: 0.1 },
    oracle: { betas: [0.5, 0.8], eps: 0.1 },
  },
  {
    title: "no bias correction",
    options: { biasCorrection: false },
    oracle: { biasCorrection: { first: false, second: false, mode: "torch" } },
  },
];

function commonCases(lr: number): Case<RecipeOptions>[] {
  const rising = (step: number) => Math.min(step, 2) / 2;
  const along = (step: number) => Math.min(Math.max(step - 2, 0) / 4, 1);
  return [
    {
      title: "weight decay before the update",
      options: { weightDecay: 0.3, decay: "before" },
      oracle: { weightDecay: 0.3, decayMode: "before" },
    },
    {
      title: "weight decay after the update",
      options: { weightDecay: 0.3, decay: "after" },
      oracle: { weightDecay: 0.3, decayMode: "after" },
    },
    {
      title: "a cosine schedule",
      options: { schedule: cosine({ steps: 6, warmup: 2 }) },
      walk: {
        scheduled: (step) =>
          lr * rising(step) * (0.1 + 0.45 * (1 + Math.cos(Math.PI * along(step)))),
      },
    },
    {
      title: "a linear schedule, of learning rates that are set between steps",
      options: { schedule: linear({ steps: 6, warmup: 2 }) },
      walk: {
        lr: (step) => lr * (1 + step),
        scheduled: (step) => lr * (1 + step) * rising(step) * (1 - along(step)),
      },
    },
    {
      title: "a learning rate that decays with the updates",
      options: { lrDecay: 0.5 },
      oracle: { lrDecay: 0.5 },
    },
    { title: "a loss scale", walk: { gradScale: 3 } },
    {
      title: "clipping, under a loss scale",
      oracle: { maxGradNorm: 2 },
      walk: { options: { maxGradNorm: 2 }, gradScale: 1024 },
    },
    {
      title: "skipping what is not finite",
      oracle: { skipNonFinite: true },
      walk: {
        options: { skipNonFinite: true },
        disturb: (grad, step, name) => {
          if (name === "square" && step === 1) grad[3] = Number.NaN;
          if (name === "vector" && step === 4) grad[5] = Number.NEGATIVE_INFINITY;
        },
      },
    },
    { title: "a momentum kept in bfloat16", options: { stateDtype: "bfloat16" } },
  ];
}
