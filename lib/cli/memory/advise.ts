/** `lean-optim memory --advise`: ranks, sides, projectors and gaps for a budget of state. */
import { adviseRanks, type LayerAdvice, type RankAdvice } from "../../advice/advise.js";
import type { AdvisedProjector } from "../../advice/offers.js";
import { LeanError } from "../../errors.js";
import { exitCode } from "../command.js";
import { counted, inUnit, table, unitFor } from "../text.js";
import { GradientsFile } from "./gradients-file.js";
import {
  asNumber,
  type FlagValues,
  type ModelSettings,
  modelSettings,
  optimizerOf,
  sharedOptions,
} from "./settings.js";

export function advise(values: FlagValues): number {
  const { budget, rank, projector, gradients } = values;
  if (budget === undefined) throw refusal("--advise needs a --budget, such as 200MB or 30%");
  if (rank !== undefined) throw refusal("--rank is what --advise advises on: leave it out");
  const settings = modelSettings(values);
  using file = gradients === undefined ? null : new GradientsFile(gradients);
  const advice = adviseRanks(settings.parameters, {
    budget,
    optimizer: optimizerOf(values),
    options: { ...sharedOptions(values) },
    dtype: settings.dtype,
    stateDtype: settings.stateDtype,
    ...(file && { gradients: (name) => file.read(name) }),
    ...(projector !== undefined && { projectors: [projector as AdvisedProjector] }),
    updateProjGap: asNumber(values["update-proj-gap"]) as number | undefined,
  });
  const notes = [...settings.notes, ...unused(settings, file?.names ?? [])];
  console.log(
    values.json
      ? JSON.stringify({ model: settings.model, notes, ...advice }, null, 2)
      : asText(settings, advice, notes),
  );
  return exitCode.ok;
}

/** @throws LeanError ERR_LEAN_INVALID_ARG for what only advice reads */
export function requireAdvising({ budget, gradients }: FlagValues): void {
  if (budget !== undefined) throw refusal("--budget goes with --advise");
  if (gradients !== undefined) throw refusal("--gradients goes with --advise");
}

function refusal(message: string): LeanError {
  return new LeanError("ERR_LEAN_INVALID_ARG", message);
}

function unused({ parameters }: ModelSettings, names: readonly string[]): string[] {
  const known = new Set(parameters.map(({ name }) => name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return [];
  return [`${unknown.length} gradients of no parameter, not looked at: ${unknown.join(", ")}`];
}

function asText(settings: ModelSettings, advice: RankAdvice, notes: readonly string[]): string {
  const { budget, stateBytes, leastBytes, adamBytes, captured, capturedBound } = advice;
  const unit = unitFor(Math.min(budget, leastBytes));
  const size = (bytes: number) => `${inUnit(bytes, unit)} ${unit.name}`;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `${settings.model}: a budget of ${size(budget)} of state; AdamW takes ${size(adamBytes)}, the least possible is ${size(leastBytes)}`,
    ...notes,
    "",
    layerTable(advice.layers, percent),
    "",
    `An Optimizer of these groups allocates ${counted(stateBytes)} bytes of state, ${percent(stateBytes / adamBytes)} of AdamW's.`,
    `Its momenta see ${percent(captured)} of the gradients' energy; no choice within the budget sees more than ${percent(capturedBound)}.`,
    "",
    "Assumed:",
    ...advice.assumptions.map((text) => `- ${text}`),
    "",
    advice.snippet,
  ].join("\n");
}

/** A line for each kind of layer: those of one shape that are treated alike. */
function layerTable(layers: readonly LayerAdvice[], percent: (share: number) => string): string {
  const kinds = new Map<string, LayerAdvice[]>();
  for (const layer of layers) {
    const key = JSON.stringify([layer.shape, layer.side, layer.options]);
    kinds.set(key, [...(kinds.get(key) ?? []), layer]);
  }
  return table([
    ["layers", "rank", "projector", "side", "gap", "bytes each", "captured"],
    ...[...kinds.values()].map((alike) => {
      const { shape, options, side, bytes } = alike[0] as LayerAdvice;
      const seen = alike.map((layer) => layer.captured);
      const [least, most] = [Math.min(...seen), Math.max(...seen)].map(percent);
      return [
        `${alike.length} × ${shape.join("×")}`,
        side === "none" ? "whole" : String(options.rank),
        side === "none" ? "–" : (options.projector ?? "its own"),
        side === "none" ? "–" : side,
        String(options.updateProjGap ?? "–"),
        counted(bytes),
        least === most ? (least as string) : `${least} to ${most}`,
      ];
    }),
  ]);
}
