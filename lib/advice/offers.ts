/** Every way in which a layer may be treated, with its exact bytes and the energy it captures. */
import { layOut } from "../layout.js";
import { projectedSide } from "../parts/part.js";
import type { Recipe } from "../recipe.js";
import { adamw } from "../recipes/adamw.js";
import { type RecipeName, recipeFromConfig } from "../recipes/index.js";
import type { WeightDType } from "../tensor.js";
import { makeWeight } from "../weight.js";
import type { Offer } from "./allocation.js";
import type { Spectrum } from "./spectrum.js";

/** What a projector goes by: leading directions, none at all, or the longest lines. */
const families = {
  powerIteration: "leading",
  svd: "leading",
  randomizedSvd: "leading",
  gaussian: "random",
  srht: "random",
  topK: "lines",
} as const;

export type AdvisedProjector = keyof typeof families;

export const advisedProjectors = Object.keys(families) as AdvisedProjector[];

/** What a layer's recipe is given beside what all of them have. */
export interface LayerOptions {
  readonly rank: number;
  readonly projector?: AdvisedProjector;
  readonly side?: "reverse";
  readonly updateProjGap?: number;
  readonly onRefresh?: "rotate";
}

export interface LayerOffer extends Offer {
  readonly options: LayerOptions;
  /** Which side is compressed; "none" where the momentum is of the weight's own shape. */
  readonly side: "left" | "right" | "none";
  /** The share of the gradient's energy in the subspace. */
  readonly captured: number;
}

/** What all layers have in common. */
export interface OfferSettings {
  readonly recipe: RecipeName;
  /** The recipe's options for every layer. */
  readonly common: Readonly<Record<string, unknown>>;
  readonly dtype: WeightDType;
  readonly projectors?: readonly AdvisedProjector[];
  readonly updateProjGap?: number;
  /** Ranks are multiples of it. */
  readonly rankMultiple: number;
}

/** Steps between refreshes where nothing else is asked for: what is published, by projector. */
const usualGaps: Readonly<Record<AdvisedProjector, number>> = {
  powerIteration: 200,
  randomizedSvd: 200,
  gaussian: 200,
  srht: 200,
  topK: 200,
  // The published value at 7B, where a decomposition costs dozens of steps.
  svd: 500,
};

/** Whether a recipe has options of these names and values. */
function accepts(settings: OfferSettings, options: object): boolean {
  try {
    make(settings, options);
    return true;
  } catch {
    return false;
  }
}

function make({ recipe, common }: OfferSettings, options: object): Recipe {
  return recipeFromConfig({ name: recipe, options: { ...common, ...options } });
}

/** A way to choose a subspace of any rank. */
interface Family {
  readonly options: Omit<LayerOptions, "rank">;
  readonly side: "left" | "right";
  /** Energy of each direction or line, falling. */
  readonly shares: Float64Array;
}

/** Makes the offers for layers: what it finds out about the recipe, and costs by shape, are kept. */
export class OfferList {
  readonly #settings: OfferSettings;
  readonly #recipe: Recipe;
  readonly #costs = new Map<string, number>();
  readonly #projectors: readonly AdvisedProjector[];
  readonly #hasGap: boolean;
  readonly #hasWhole: boolean;

  constructor(settings: OfferSettings) {
    this.#settings = settings;
    this.#recipe = make(settings, { rank: 1 });
    this.#projectors = projectorsOf(settings, this.#recipe);
    this.#hasGap = accepts(settings, { rank: 1, updateProjGap: 1 });
    this.#hasWhole = accepts(settings, { rank: 1, onRefresh: "rotate" });
  }

  /** That are compared, one of each family. */
  get projectors(): readonly AdvisedProjector[] {
    return this.#projectors;
  }

  /** Whether layers are made equal before they are compared, as a second moment makes them. */
  get isNormalized(): boolean {
    const { momentum, secondMoment } = this.#recipe;
    return secondMoment.kind !== "none" || momentum.ownSecondMoment === true;
  }

  /** All offers for a matrix; `scale` is what its whole energy is worth. */
  of(shape: readonly number[], spectrum: Spectrum, scale: number): LayerOffer[] {
    const { rankMultiple } = this.#settings;
    const whole = this.#whole(shape, scale);
    const most = whole?.bytes ?? this.#adamBytes(shape);
    const offers: LayerOffer[] = whole === undefined ? [] : [whole];
    for (const { options, side, shares } of this.#families(shape, spectrum)) {
      let captured = 0;
      let counted = 0;
      for (let rank = Math.min(rankMultiple, shares.length); ; rank += rankMultiple) {
        const used = Math.min(rank, shares.length);
        for (; counted < used; counted++) captured += shares[counted] as number;
        const bytes = this.#bytes(shape, { ...options, rank: used });
        // Dearer than no subspace at all: no use. But a layer is never left without an offer.
        if (bytes >= most && rank > rankMultiple) break;
        const share = Math.min(captured, 1);
        const offer = { options: { rank: used, ...options }, side, captured: share, bytes };
        offers.push({ ...offer, value: scale * share });
        if (used === shares.length) break;
      }
    }
    return offers;
  }

  /** Momentum of the weight's own shape, which a subspace of all dimensions comes to. */
  #whole(shape: readonly number[], scale: number): LayerOffer | undefined {
    if (!this.#hasWhole) return undefined;
    const options = { rank: Math.min(...extents(shape)), onRefresh: "rotate" } as const;
    const bytes = this.#bytes(shape, options);
    return { options, side: "none", captured: 1, bytes, value: scale };
  }

  #families(shape: readonly number[], spectrum: Spectrum): Family[] {
    const { updateProjGap } = this.#settings;
    const weight = this.#weight(shape);
    const side = (option: "std" | "reverse", lines: boolean) =>
      projectedSide(weight, option, lines) ? ("right" as const) : ("left" as const);
    return this.#projectors.flatMap((projector): Family[] => {
      const gap = this.#hasGap ? { updateProjGap: updateProjGap ?? usualGaps[projector] } : {};
      // A recipe's own may have settings that its name does not say.
      const named = ownProjector(this.#recipe) === projector && families[projector] === "random";
      const options = { ...(named ? {} : { projector }), ...gap };
      if (families[projector] !== "lines") {
        const all = spectrum.directions.length;
        // Where nothing is refreshed by a gap, the recipe itself goes on to leading directions.
        const isLeading = families[projector] === "leading" || !this.#hasGap;
        const shares = isLeading ? spectrum.directions : new Float64Array(all).fill(1 / all);
        return [{ options, side: side("std", false), shares }];
      }
      return (["std", "reverse"] as const).map((option) => {
        const chosen = side(option, true);
        const shares = chosen === "right" ? spectrum.columns : spectrum.rows;
        const more = option === "std" ? {} : { side: option };
        return { options: { ...options, ...more }, side: chosen, shares };
      });
    });
  }

  #adamBytes(shape: readonly number[]): number {
    const { stateDtype } = this.#recipe;
    return layOut([{ weight: this.#weight(shape), recipe: adamw({ stateDtype }) }]).bytes;
  }

  #weight(shape: readonly number[]) {
    const { dtype } = this.#settings;
    return makeWeight({ name: "layer", shape, dtype }, 0, this.#recipe.stateDtype, () => {});
  }

  /** As an Optimizer allocates it. Names decide nothing here. */
  #bytes(shape: readonly number[], options: LayerOptions): number {
    const { rank, projector, side, onRefresh } = options;
    const key = [shape.join("x"), rank, projector, side, onRefresh].join();
    let bytes = this.#costs.get(key);
    if (bytes === undefined) {
      const recipe = make(this.#settings, options);
      bytes = layOut([{ weight: this.#weight(shape), recipe }]).bytes;
      this.#costs.set(key, bytes);
    }
    return bytes;
  }
}

function ownProjector({ momentum }: Recipe): string | undefined {
  return (momentum as { projector?: { kind?: string } }).projector?.kind;
}

/**
 * Of each family one: the recipe's own choice, or the first that it can use. A random subspace sees
 * less than any other of its size, so it is compared only where it is asked for; a recipe whose own
 * is random, and wants no more than lengths from it, is left with it.
 */
function projectorsOf(settings: OfferSettings, recipe: Recipe): AdvisedProjector[] {
  const own = ownProjector(recipe);
  const wanted = settings.projectors ?? advisedProjectors;
  const usable = wanted.filter((projector) => accepts(settings, { rank: 1, projector }));
  // In the recipe's own words.
  if (usable.length === 0) make(settings, { rank: 1, projector: wanted[0] ?? "" });
  const isOwnRandom = usable.some((name) => name === own && families[name] === "random");
  return (["leading", "random", "lines"] as const).flatMap((family) => {
    if (settings.projectors === undefined && (family === "random") !== isOwnRandom) return [];
    const alike = usable.filter((projector) => families[projector] === family);
    return alike.find((projector) => projector === own) ?? alike[0] ?? [];
  });
}

function extents(shape: readonly number[]): [rows: number, cols: number] {
  const [rows = 1, ...others] = shape;
  return [rows, others.reduce((product, extent) => product * extent, 1)];
}
