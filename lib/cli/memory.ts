/** `lean-optim memory`: bytes of state of a model under an optimizer, against Adam. */
import { modelNames } from "../models/index.js";
import { recipeFromConfig, recipes } from "../recipes/index.js";
import { bytesPerElement, numel } from "../tensor.js";
import { command, exitCode } from "./command.js";
import { advise, requireAdvising } from "./memory/advise.js";
import { estimate, estimateStep, type StepEstimate } from "./memory/estimate.js";
import { bars, comparisonTable, type NamedEstimate } from "./memory/picture.js";
import { flags, type Settings, settingsFrom } from "./memory/settings.js";
import { counted, inUnit, unitFor } from "./text.js";

const usage = `Usage: lean-optim memory [options]

Prints how many bytes of state a model takes under an optimizer, and under Adam. Two columns: as
papers count (every state in one type, bases apart), and as this library allocates them (second
moments in float32), to the byte. Weights of linear layers, the head among them, get the optimizer;
embeddings, norms and biases get AdamW, as in the published runs.

  --model <name>            ${modelNames.join(", ")},
                            a safetensors file (its header is read), or a JSON list of
                            {"name", "shape"}; there, matrices whose name does not contain
                            "embed" count as linear          (llama-1b)
  --optimizer <name>        ${Object.keys(recipes)
    .filter((name) => name !== "generic")
    .join(", ")
    .replace(/(.{40,55}),/g, "$1,\n                           ")}
                            (adamSNSM)
  --rank <n>                of the momentum's subspace       (a quarter of the shorter side)
  --projector <name>        powerIteration, svd, randomizedSvd, gaussian, srht, uniform, topK,
                            given
  --update-proj-gap <n>     steps between refreshes: no memory
  --partition <p>           heuristics, row, column, tensor, elementwise, or a number
  --heads <n>               attention heads, for adamMini
  --kv-heads <n>            of keys, where queries share them
  --dtype <type>            of the weights: float32, bfloat16 or float16   (bfloat16)
  --state-dtype <type>      of momentum and bases: float32 or bfloat16     (as the weights)
  --device <name>           cpu or cuda: also the kernels and the workspace of a step there, found by
                            building it without memory
  --advise                  instead: which rank, side, projector and gap each layer gets
                            for a budget of state, and TypeScript to paste
  --budget <size>           with --advise: 200MB, 1.5GiB, bytes, or 30% of AdamW's
  --gradients <file>        with --advise: a safetensors file of one step's gradients, by
                            the parameters' names; without it their spectra are assumed
  --json                    print JSON
  --help                    print this`;

interface Result {
  readonly parameters: number;
  readonly weightBytes: number;
  readonly chosen: NamedEstimate;
  readonly adam: NamedEstimate;
  /** Where a device was named. */
  readonly step: StepEstimate | undefined;
  readonly notes: readonly string[];
}

function calculate(settings: Settings): Result {
  const { recipe, parameters, dtype, stateDtype, device } = settings;
  const warnings = new Map<string, number>();
  const warn = (text: string) => {
    // The same for every layer but for the weight's name, which comes first.
    const kind = text.slice(text.indexOf(": ") + 2);
    warnings.set(kind, (warnings.get(kind) ?? 0) + 1);
  };
  const common = { dtype, stateDtype };
  const adamRecipe = recipeFromConfig({ name: "adamw", options: { stateDtype } });
  const elements = parameters.reduce((sum, { shape }) => sum + numel(shape), 0);
  return {
    parameters: elements,
    weightBytes: elements * bytesPerElement[dtype],
    chosen: { name: recipe.name, estimate: estimate(parameters, { ...common, recipe, warn }) },
    adam: {
      name: recipe.name === "adamw" ? "Adam" : "adamw",
      estimate: estimate(parameters, { ...common, recipe: adamRecipe, warn }),
    },
    step:
      device === undefined
        ? undefined
        : estimateStep(parameters, { ...common, recipe, warn: () => {} }, device),
    notes: [...settings.notes, ...[...warnings].map(([text, count]) => `${count} × ${text}`)],
  };
}

/** Which weights get the optimizer. */
function assignment({ parameters, recipe }: Settings): string {
  if (recipe.name === "adamw") return "adamw for all parameters";
  const linear = parameters.filter(({ role }) => role === "linear").length;
  const others = `the ${parameters.length - linear} embeddings, norms and biases`;
  return `${recipe.name} for the ${linear} weights of linear layers, adamw for ${others} (as in the published runs)`;
}

function asText(settings: Settings, result: Result): string {
  const { chosen, adam, weightBytes, step, notes } = result;
  const unit = unitFor(weightBytes);
  const { total } = chosen.estimate.allocated;
  return [
    `${settings.model}: ${counted(result.parameters)} parameters, ${inUnit(weightBytes, unit)} ${unit.name} of ${settings.dtype}`,
    `${assignment(settings)}; state in ${settings.stateDtype}`,
    ...notes,
    "",
    comparisonTable(chosen, adam),
    "",
    bars([adam, chosen]),
    "",
    `An Optimizer of this model allocates ${counted(total)} bytes of state.`,
    ...(step === undefined ? [] : [stepText(step)]),
  ].join("\n");
}

/** What lives beside the state, and how many kernels a step is. */
function stepText({ device, launches, workspaceBytes }: StepEstimate): string {
  return `On ${device} it takes ${counted(workspaceBytes)} bytes of workspace beside that, and a step is ${launches} kernels.`;
}

function asJson(settings: Settings, { chosen, adam, ...result }: Result): string {
  const { model, dtype, stateDtype, recipe } = settings;
  return JSON.stringify(
    {
      model,
      dtype,
      stateDtype,
      recipe: recipe.config,
      ...result,
      assignment: assignment(settings),
      ...chosen.estimate,
      adam: adam.estimate,
    },
    null,
    2,
  );
}

export const memoryCommand = command({
  usage,
  flags,
  run(values) {
    if (values.advise) return advise(values);
    requireAdvising(values);
    const settings = settingsFrom(values);
    const result = calculate(settings);
    console.log(values.json ? asJson(settings, result) : asText(settings, result));
    return exitCode.ok;
  },
});
