/** Which rank, side, projector and gap each layer gets for a budget of state bytes. */
import { LeanError } from "../errors.js";
import { layOut } from "../layout.js";
import type { ModelParameter } from "../models/index.js";
import { didYouMean } from "../nearest.js";
import {
  requireFinite,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  show,
} from "../options.js";
import type { Recipe, RecipeConfig } from "../recipe.js";
import { type RecipeName, recipeFromConfig, recipes } from "../recipes/index.js";
import { numel, requireWeightDType, type StateDType, type WeightDType } from "../tensor.js";
import { makeWeight } from "../weight.js";
import { allocate } from "./allocation.js";
import { budgetBytes } from "./budget.js";
import {
  type AdvisedProjector,
  advisedProjectors,
  type LayerOffer,
  type LayerOptions,
  OfferList,
} from "./offers.js";
import { snippetOf } from "./snippet.js";
import {
  assumedSpectrum,
  type Gradient,
  type SpectralPrior,
  type Spectrum,
  spectrumOf,
} from "./spectrum.js";

/** Gradients of layers by name, or a function that reads one when it is asked for. */
export type Gradients =
  | Readonly<Record<string, Gradient>>
  | ((name: string) => Gradient | undefined);

export interface AdviceOptions {
  /** State bytes that an Optimizer of all parameters may take: 2e8, `"200MB"`, `"30%"` of AdamW's. */
  budget: number | string;
  /** A recipe whose momentum lives in a subspace. Default "adamSNSM". */
  optimizer?: RecipeName;
  /** Its options for every layer (lr, betas, ...), but for those that are advised. */
  options?: Readonly<Record<string, unknown>>;
  /** Of the weights. Default "float32". */
  dtype?: WeightDType;
  /** Of momentum and bases. Default: as the recipe's. */
  stateDtype?: StateDType;
  /** Of one step, for their spectra. Without them a spectrum is assumed (see `prior`). */
  gradients?: Gradients;
  prior?: SpectralPrior;
  /**
   * Only these, and one of each kind: powerIteration, svd or randomizedSvd; gaussian or srht; topK.
   * Default: the recipe's own; beside one for leading directions topK, where it can use that.
   */
  projectors?: readonly AdvisedProjector[];
  /** Default: 200, under svd 500. */
  updateProjGap?: number;
  /** Ranks are multiples of it (or a whole side). Default 8. */
  rankMultiple?: number;
}

const optionNames = [
  "budget",
  "optimizer",
  "options",
  "dtype",
  "stateDtype",
  "gradients",
  "prior",
  "projectors",
  "updateProjGap",
  "rankMultiple",
];

export interface LayerAdvice {
  readonly name: string;
  readonly shape: readonly number[];
  /** What the layer's recipe is given. */
  readonly options: LayerOptions;
  /** The side that is compressed; "none": momentum of the weight's own shape. */
  readonly side: "left" | "right" | "none";
  /** Of this layer's state, its alignment included. */
  readonly bytes: number;
  /** The share of the gradient's energy that its momentum sees. */
  readonly captured: number;
}

/** Parameters of one recipe. */
export interface AdvisedGroup {
  readonly optimizer: RecipeConfig;
  readonly names: readonly string[];
}

export interface RankAdvice {
  readonly layers: readonly LayerAdvice[];
  /** All parameters, for an Optimizer: `recipeFromConfig(group.optimizer)`. */
  readonly groups: readonly AdvisedGroup[];
  readonly budget: number;
  /** What an Optimizer of these groups allocates, to the byte. */
  readonly stateBytes: number;
  /** What it would at least, and under AdamW for all. */
  readonly leastBytes: number;
  readonly adamBytes: number;
  /** The share of all layers' energy that their momenta see, and what no choice could exceed. */
  readonly captured: number;
  readonly capturedBound: number;
  readonly assumptions: readonly string[];
  /** TypeScript that makes the groups. */
  readonly snippet: string;
}

/**
 * Shares a budget of state bytes out among the layers of a model: each gets the rank, the side and
 * the projector at which a byte captures the most of its gradient's energy, measured on gradients or
 * assumed. Weights of role "linear" get the recipe, others AdamW, as in the published runs. The
 * choice is optimal but for the one step that no longer fits: lib/advice/allocation.ts has the proof.
 *
 * Capturing the most energy of one step's gradient is not the same as the lowest loss: nobody has
 * shown how the two are related. It says where a rank would be wasted.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG (a budget too small says the least possible; a gradient that
 *   is not finite), ERR_LEAN_UNKNOWN_NAME (no gradient of a layer's name), ERR_LEAN_SHAPE,
 *   ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_UNSUPPORTED (a recipe without a subspace)
 */
export function adviseRanks(
  parameters: readonly ModelParameter[],
  options: AdviceOptions,
): RankAdvice {
  requireKnownOptions("adviseRanks", options, optionNames);
  const { optimizer = "adamSNSM", options: given = {}, stateDtype, prior = {} } = options;
  const { rankMultiple = 8, updateProjGap, projectors, gradients } = options;
  const dtype = requireWeightDType(options.dtype ?? "float32", "dtype");
  requireInteger("rankMultiple", rankMultiple, 1);
  if (updateProjGap !== undefined) requireInteger("updateProjGap", updateProjGap, 1);
  for (const projector of projectors ?? []) {
    requireOneOf("projectors", projector, advisedProjectors);
  }
  requireKnownOptions("prior", prior, ["decay", "noise"]);
  requireFinite("prior.decay", prior.decay ?? 0, 0);
  requireFinite("prior.noise", prior.noise ?? 0, 0);
  for (const name of ["rank", "projector", "side", "updateProjGap"]) {
    if (!Object.hasOwn(given, name)) continue;
    const text = `options.${name} is what is advised on: leave it out`;
    throw new LeanError("ERR_LEAN_INVALID_ARG", text, { parameter: `options.${name}` });
  }
  requireSubspace(optimizer);
  const state = stateDtype === undefined ? {} : { stateDtype };
  const common = { ...given, ...state };
  const settings = { recipe: optimizer, common, dtype, projectors, updateProjGap, rankMultiple };
  const list = new OfferList(settings);

  const layers = parameters.filter(({ role, shape }) => role === "linear" && numel(shape) > 0);
  const others = parameters.filter((parameter) => !layers.includes(parameter));
  const known = new Map<string, Priced>();
  const priced = layers.map(({ name, shape }) => {
    // Without gradients, layers of one shape are alike.
    const key = gradients === undefined ? shape.join("x") : name;
    const earlier = known.get(key);
    if (earlier !== undefined) return earlier;
    const spectrum = spectrumFor({ name, shape }, gradients, prior);
    // A step is as large where a gradient is small, once it is divided by second moments: then each
    // layer's energy counts as its number of weights.
    const isCount = list.isNormalized || gradients === undefined;
    const scale = isCount ? numel(shape) : spectrum.total;
    const made = { scale, offers: list.of(shape, spectrum, scale) };
    known.set(key, made);
    return made;
  });

  const rest = { name: "adamw", options: state } as const;
  const bytesUnder = (config: RecipeConfig, which: readonly ModelParameter[]) =>
    bytesOf(which, recipeFromConfig(config), dtype);
  const restBytes = bytesUnder(rest, others);
  const adamBytes = bytesUnder(rest, parameters);
  const cheapest = priced.map(({ offers }) => Math.min(...offers.map(({ bytes }) => bytes)));
  const leastBytes = restBytes + sum(cheapest);
  const budget = budgetBytes(options.budget, adamBytes);
  const allocation = allocate(
    priced.map(({ offers }) => offers),
    budget - restBytes,
  );
  if (allocation === undefined) {
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      `a budget of ${counted(budget)} bytes is too small: the least possible is ${counted(leastBytes)}, ` +
        `of which AdamW's state of the ${others.length} other parameters takes ${counted(restBytes)}`,
      { parameter: "budget", value: budget },
    );
  }

  const advised = layers.map(({ name, shape }, i): LayerAdvice => {
    const { options, side, bytes, captured } = allocation.chosen[i] as LayerOffer;
    return { name, shape, options, side, bytes, captured };
  });
  const groups = grouped(parameters, advised, { name: optimizer, options: common }, rest);
  const whole = sum(priced.map(({ scale }) => scale)) || 1;
  return {
    layers: advised,
    groups,
    budget,
    stateBytes: restBytes + allocation.bytes,
    leastBytes,
    adamBytes,
    captured: allocation.value / whole,
    capturedBound: Math.min(allocation.bound / whole, 1),
    assumptions: assumptionsOf(list, options, others.length),
    snippet: snippetOf(groups),
  };
}

function requireSubspace(optimizer: RecipeName): void {
  const names = Object.keys(recipes) as RecipeName[];
  requireOneOf("optimizer", optimizer, names);
  if (hasRank(optimizer)) return;
  throw new LeanError(
    "ERR_LEAN_UNSUPPORTED",
    `${optimizer} has no rank to advise on; ${names.filter(hasRank).join(", ")} have`,
    { parameter: "optimizer", value: optimizer },
  );
}

function hasRank(name: RecipeName): boolean {
  try {
    recipeFromConfig({ name, options: { rank: 1 } });
    return true;
  } catch {
    return false;
  }
}

/** What a layer's energy is worth, and what may be had of it. */
interface Priced {
  readonly scale: number;
  readonly offers: readonly LayerOffer[];
}

function spectrumFor(
  { name, shape }: Pick<ModelParameter, "name" | "shape">,
  gradients: Gradients | undefined,
  prior: SpectralPrior,
): Spectrum {
  const [rows = 1, ...others] = shape;
  if (gradients === undefined) return assumedSpectrum(rows, numel(others), prior);
  const isFunction = typeof gradients === "function";
  const gradient = isFunction ? gradients(name) : gradients[name];
  if (gradient === undefined) {
    const hint = isFunction ? "" : didYouMean(name, Object.keys(gradients));
    throw new LeanError("ERR_LEAN_UNKNOWN_NAME", `there is no gradient of ${name}.${hint}`, {
      parameter: name,
    });
  }
  if (show(gradient.shape) !== show(shape)) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}: its gradient has shape ${show(gradient.shape)}, its weight ${show(shape)}`,
      { parameter: name, value: gradient.shape },
    );
  }
  return spectrumOf(name, gradient);
}

function bytesOf(
  parameters: readonly ModelParameter[],
  recipe: Recipe,
  dtype: WeightDType,
): number {
  return layOut(
    parameters.map(({ name, shape }, index) => ({
      weight: makeWeight({ name, shape, dtype }, index, recipe.stateDtype, () => {}),
      recipe,
    })),
  ).bytes;
}

/** Parameters with equal recipes together, in the model's order. */
function grouped(
  parameters: readonly ModelParameter[],
  layers: readonly LayerAdvice[],
  { name, options }: RecipeConfig,
  rest: RecipeConfig,
): AdvisedGroup[] {
  const advice = new Map(layers.map((layer) => [layer.name, layer]));
  const groups = new Map<string, { optimizer: RecipeConfig; names: string[] }>();
  for (const parameter of parameters) {
    const layer = advice.get(parameter.name);
    const optimizer =
      layer === undefined ? rest : { name, options: { ...options, ...layer.options } };
    const key = JSON.stringify(optimizer);
    const group = groups.get(key) ?? { optimizer, names: [] };
    group.names.push(parameter.name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function assumptionsOf(list: OfferList, options: AdviceOptions, others: number): string[] {
  const { gradients, prior = {}, rankMultiple = 8, updateProjGap } = options;
  const { decay = 0.6, noise = 0.5 } = prior;
  const isWeighted = list.isNormalized || gradients === undefined;
  return [
    gradients === undefined
      ? `no gradients: singular values fall as i^-${decay}, with noise of ${noise} times their norm over all directions; rows and columns are alike`
      : "the gradients given stand for those of the run: one step's noise is in them, and later ones may differ",
    isWeighted
      ? "each layer counts as its number of weights, as second moments make steps equally large"
      : "each layer counts as its gradient's energy: the recipe has no second moment",
    `compared: ${list.projectors.join(" and ")}, on either side, at multiples of ${rankMultiple}, and momentum of the weight's own shape where that is cheaper`,
    updateProjGap === undefined
      ? "updateProjGap: the published 200 (svd: 500); no gradients of other steps are looked at"
      : `updateProjGap: ${updateProjGap}, as asked`,
    `AdamW for the ${others} other parameters; bytes are those an Optimizer allocates, bases and alignment included`,
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0);
}

function counted(bytes: number): string {
  return bytes.toLocaleString("en-US");
}
