/** What is to be estimated, from the flags of `lean-optim memory`. */
import { existsSync } from "node:fs";
import { LeanError } from "../../errors.js";
import { type ModelName, type ModelParameter, model, modelNames } from "../../models/index.js";
import { didYouMean } from "../../nearest.js";
import { requireOneOf } from "../../options.js";
import type { Recipe } from "../../recipe.js";
import { type RecipeName, recipeFromConfig, recipes } from "../../recipes/index.js";
import type { StateDType, WeightDType } from "../../tensor.js";
import { readModel } from "./model-file.js";

export const flags = {
  model: { type: "string", default: "llama-1b" },
  optimizer: { type: "string", default: "adamSNSM" },
  rank: { type: "string" },
  projector: { type: "string" },
  "update-proj-gap": { type: "string" },
  partition: { type: "string" },
  heads: { type: "string" },
  "kv-heads": { type: "string" },
  dtype: { type: "string", default: "bfloat16" },
  "state-dtype": { type: "string" },
  advise: { type: "boolean" },
  budget: { type: "string" },
  gradients: { type: "string" },
  json: { type: "boolean" },
} as const;

/** A model, and the types of its weights and their state. */
export interface ModelSettings {
  readonly model: string;
  readonly parameters: readonly ModelParameter[];
  readonly notes: readonly string[];
  readonly dtype: WeightDType;
  readonly stateDtype: StateDType;
}

export interface Settings extends ModelSettings {
  readonly recipe: Recipe;
}

type Switch = "advise" | "json";

export type FlagValues = Partial<Record<Exclude<keyof typeof flags, Switch>, string>> & {
  readonly [name in Switch]?: boolean;
};

export function modelSettings(values: FlagValues): ModelSettings {
  const { model: name = "", dtype } = values;
  requireOneOf("--dtype", dtype, ["float32", "bfloat16", "float16"]);
  const stateDtype = values["state-dtype"] ?? (dtype === "bfloat16" ? "bfloat16" : "float32");
  requireOneOf("--state-dtype", stateDtype, ["float32", "bfloat16"]);
  return { model: name, ...parametersOf(name), dtype, stateDtype };
}

export function settingsFrom(values: FlagValues): Settings {
  const settings = modelSettings(values);
  const options = {
    stateDtype: settings.stateDtype,
    rank: asNumber(values.rank),
    projector: values.projector,
    updateProjGap: asNumber(values["update-proj-gap"]),
    ...sharedOptions(values),
  };
  const name = optimizerOf(values);
  return { ...settings, recipe: recipeFromConfig({ name, options: given(options) }) };
}

export function optimizerOf({ optimizer }: FlagValues): RecipeName {
  requireOneOf("--optimizer", optimizer, Object.keys(recipes) as RecipeName[]);
  return optimizer;
}

/** Options of a recipe that are the same for all layers. */
export function sharedOptions({ partition, heads, "kv-heads": kvHeads }: FlagValues): object {
  return given({
    partition: asNumber(partition),
    heads: asNumber(heads),
    kvHeads: asNumber(kvHeads),
  });
}

function given(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "" && !Number.isNaN(Number(text));
}

/** What is no number stays text, for the recipe to refuse with its own words. */
export function asNumber(text: string | undefined): unknown {
  return isNumber(text) ? Number(text) : text;
}

function parametersOf(name: string): Pick<ModelSettings, "parameters" | "notes"> {
  if (modelNames.includes(name as ModelName)) {
    return { parameters: model(name as ModelName), notes: [] };
  }
  if (!existsSync(name)) {
    const known = `models are ${modelNames.join(", ")}`;
    throw new LeanError(
      "ERR_LEAN_UNKNOWN_NAME",
      `no model and no file is called ${name}.${didYouMean(name, modelNames)} (${known})`,
      { parameter: "--model", value: name },
    );
  }
  const { parameters, leftOut } = readModel(name);
  const notes = leftOut.length === 0 ? [] : [`not counted, being integers: ${leftOut.join(", ")}`];
  return { parameters, notes };
}
