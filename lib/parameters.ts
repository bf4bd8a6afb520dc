/** The parameters that a user hands to an Optimizer, checked one by one. */
import { LeanError } from "./errors.js";
import type { Parameter, ParameterGroup } from "./optimizer-options.js";
import { requireBoolean, requireKnownOptions, show } from "./options.js";
import type { Recipe } from "./recipe.js";
import { numel, type WeightArray, type WeightDType, weightDType } from "./tensor.js";
import { requireShape } from "./weight.js";

/** A parameter with nothing left to a default. */
export interface CheckedParameter {
  readonly name: string;
  readonly data: WeightArray;
  readonly shape: readonly number[];
  readonly dtype: WeightDType;
  readonly batched: boolean;
  readonly grad: WeightArray | null;
  readonly gradDtype: WeightDType;
  readonly group: number;
  readonly recipe: Recipe;
}

const parameterOptions = ["name", "data", "shape", "dtype", "grad", "gradDtype", "batched"];

/**
 * All parameters of all groups, in order.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_DTYPE, ERR_LEAN_SHAPE
 */
export function checkGroups(groups: readonly ParameterGroup[]): CheckedParameter[] {
  if (!Array.isArray(groups) || groups.length === 0) {
    throw new LeanError("ERR_LEAN_INVALID_ARG", "an Optimizer needs at least one group", {
      parameter: "groups",
      value: groups,
    });
  }
  const names = new Set<string>();
  return groups.flatMap((group, number) => {
    requireKnownOptions(`groups[${number}]`, group, ["params", "optimizer"]);
    const recipe = group.optimizer;
    if (typeof recipe?.momentum?.plan !== "function") {
      throw new LeanError(
        "ERR_LEAN_INVALID_ARG",
        `groups[${number}].optimizer must be a recipe, such as adamw({ lr: 1e-3 })`,
        { parameter: `groups[${number}].optimizer`, value: recipe },
      );
    }
    if (!Array.isArray(group.params)) {
      throw new LeanError("ERR_LEAN_INVALID_ARG", `groups[${number}].params must be an array`, {
        parameter: `groups[${number}].params`,
        value: group.params,
      });
    }
    return group.params.map((parameter: Parameter) => {
      const owner = String(parameter?.name ?? `groups[${number}].params`);
      requireKnownOptions(owner, parameter, parameterOptions);
      const checked = checkParameter(parameter, number);
      if (names.has(checked.name)) {
        throw new LeanError("ERR_LEAN_INVALID_ARG", `two parameters are called ${checked.name}`, {
          parameter: checked.name,
          value: checked.name,
        });
      }
      names.add(checked.name);
      return { ...checked, group: number, recipe };
    });
  });
}

function checkParameter(
  parameter: Parameter,
  group: number,
): Omit<CheckedParameter, "group" | "recipe"> {
  const { name, data, batched = false, grad = null } = parameter;
  if (typeof name !== "string" || name === "") {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `a parameter of groups[${group}] has no name`, {
      parameter: "name",
      value: name,
    });
  }
  const dtype = weightDType(data, parameter.dtype, `${name}.data`);
  const { shape = [data.length] } = parameter;
  requireShape(name, shape);
  requireBoolean(`${name}.batched`, batched);
  if (numel(shape) !== data.length) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}: shape ${show(shape)} has ${numel(shape)} elements, data ${data.length}`,
      { parameter: name, value: shape },
    );
  }
  const gradDtype = gradientDType(name, parameter, dtype);
  if (grad !== null && grad.length !== data.length) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${name}.grad must have ${data.length} elements, not ${grad.length}`,
      { parameter: name, value: grad.length },
    );
  }
  return { name, data, shape: [...shape], dtype, batched, grad, gradDtype };
}

/** The type of the gradients to come: what is asked for, what `grad` says, or the weight's. */
function gradientDType(
  name: string,
  { grad = null, gradDtype: asked }: Parameter,
  dtype: WeightDType,
): WeightDType {
  const found =
    grad === null
      ? (asked ?? dtype)
      : weightDType(grad, asked ?? impliedBy(grad, dtype), `${name}.grad`);
  if (found === dtype || found === "float32") return found;
  throw new LeanError(
    "ERR_LEAN_DTYPE",
    `${name}: its gradient must be ${dtype} or float32, not ${show(found)}`,
    { parameter: name, value: found },
  );
}

/** A Uint16Array of gradients has its weight's type; any other array says what it is. */
function impliedBy(grad: WeightArray, dtype: WeightDType): WeightDType | undefined {
  return Object.prototype.toString.call(grad) === "[object Uint16Array]" ? dtype : undefined;
}
