/** The parameters that a user hands to an Optimizer, checked one by one. */
import type { BoundArray } from "./bound-arrays.js";
import { type DevicePointer, DeviceView, isDevicePointer } from "./device-memory.js";
import { isHost, requireDevice } from "./devices.js";
import { LeanError } from "./errors.js";
import type { Parameter, ParameterGroup } from "./optimizer-options.js";
import { requireBoolean, requireKnownOptions, show } from "./options.js";
import type { Recipe } from "./recipe.js";
import {
  numel,
  requireWeightDType,
  type WeightArray,
  type WeightDType,
  weightDType,
} from "./tensor.js";
import { requireShape } from "./weight.js";

/** A parameter with nothing left to a default. */
export interface CheckedParameter {
  readonly name: string;
  readonly data: BoundArray;
  readonly shape: readonly number[];
  readonly dtype: WeightDType;
  readonly batched: boolean;
  readonly grad: BoundArray | null;
  readonly gradDtype: WeightDType;
  readonly group: number;
  readonly recipe: Recipe;
}

const parameterOptions = [
  "name",
  "data",
  "shape",
  "dtype",
  "device",
  "grad",
  "gradDtype",
  "batched",
];

/** The device that parameters name: that of the first that names one. */
export function deviceOfParameters(groups: readonly ParameterGroup[]): string | undefined {
  if (!Array.isArray(groups)) return undefined;
  for (const group of groups) {
    for (const parameter of Array.isArray(group?.params) ? group.params : []) {
      if (parameter?.device !== undefined) return parameter.device;
    }
  }
  return undefined;
}

/**
 * All parameters of all groups, in order.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION, ERR_LEAN_DTYPE, ERR_LEAN_SHAPE
 */
export function checkGroups(groups: readonly ParameterGroup[], device = "cpu"): CheckedParameter[] {
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
      const owner =
        typeof parameter?.name === "string" ? parameter.name : `groups[${number}].params`;
      requireKnownOptions(owner, parameter, parameterOptions);
      const checked = checkParameter(parameter, number, device);
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
  device: string,
): Omit<CheckedParameter, "group" | "recipe"> {
  const { name, batched = false } = parameter;
  if (typeof name !== "string" || name === "") {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `a parameter of groups[${group}] has no name`, {
      parameter: "name",
      value: name,
    });
  }
  if (parameter.device !== undefined && parameter.device !== device) {
    requireDevice(`${name}.device`, parameter.device);
    throw new LeanError(
      "ERR_LEAN_INVALID_ARG",
      `${name} is on the device ${parameter.device}, its optimizer on ${device}`,
      { parameter: name, value: parameter.device },
    );
  }
  return isHost(device)
    ? checkArrays(parameter, batched)
    : checkPointers(parameter, batched, device);
}

type Checked = Omit<CheckedParameter, "group" | "recipe">;

/** @throws LeanError ERR_LEAN_INVALID_ARG where an array of the host is expected */
function requireNoPointer(data: unknown, label: string): asserts data is WeightArray | null {
  if (!isDevicePointer(data)) return;
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `${label} is an address: say on which device, as in device: "cuda"`,
    { parameter: label, value: data },
  );
}

function checkPointers(parameter: Parameter, batched: boolean, device: string): Checked {
  const { name, data, grad = null, shape } = parameter;
  requirePointer(device, data, `${name}.data`);
  const dtype = requireWeightDType(parameter.dtype, `${name}.dtype`);
  if (shape === undefined) {
    throw new LeanError("ERR_LEAN_SHAPE", `${name}: memory of a device needs a shape`, {
      parameter: name,
      value: shape,
    });
  }
  requireShape(name, shape);
  requireBoolean(`${name}.batched`, batched);
  const gradDtype = parameter.gradDtype ?? dtype;
  requireGradientDType(name, gradDtype, dtype);
  const view = (what: string, pointer: unknown, type: WeightDType) =>
    deviceView(device, pointer, type, numel(shape), `${name}.${what}`);
  return {
    name,
    data: view("data", data, dtype),
    shape: [...shape],
    dtype,
    batched,
    grad: grad === null ? null : view("grad", grad, gradDtype),
    gradDtype,
  };
}

/** @throws LeanError ERR_LEAN_INVALID_ARG for anything but an address */
export function deviceView(
  device: string,
  pointer: unknown,
  dtype: WeightDType,
  length: number,
  label: string,
): DeviceView {
  requirePointer(device, pointer, label);
  return new DeviceView(device, pointer, dtype, length, label);
}

function requirePointer(
  device: string,
  pointer: unknown,
  label: string,
): asserts pointer is DevicePointer {
  if (isDevicePointer(pointer)) return;
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `${label} must be an address on the device ${device}, a BigInt or {ptr}`,
    { parameter: label, value: pointer },
  );
}

function checkArrays(parameter: Parameter, batched: boolean): Checked {
  const { name, data, grad = null } = parameter;
  requireNoPointer(data, `${name}.data`);
  requireNoPointer(grad, `${name}.grad`);
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
  const gradDtype = gradientDType(name, grad, parameter.gradDtype, dtype);
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
  grad: WeightArray | null,
  asked: WeightDType | undefined,
  dtype: WeightDType,
): WeightDType {
  const found =
    grad === null
      ? (asked ?? dtype)
      : weightDType(grad, asked ?? impliedBy(grad, dtype), `${name}.grad`);
  requireGradientDType(name, found, dtype);
  return found;
}

function requireGradientDType(name: string, found: WeightDType, dtype: WeightDType): void {
  if (found === dtype || found === "float32") return;
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
