/** What the choices of kernels are, for cases that go through them. */
import type { OnRefresh } from "../../../test/oracle/refresh.js";
import type { StateDType, WeightDType } from "../../tensor.js";

/** Types of a weight and of its gradient. */
export interface WeightTypes {
  readonly param: WeightDType;
  readonly grad: WeightDType;
}

/** Every pair of types that kernels take. */
export const weightTypes: readonly WeightTypes[] = [
  { param: "float32", grad: "float32" },
  { param: "bfloat16", grad: "bfloat16" },
  { param: "bfloat16", grad: "float32" },
  { param: "float16", grad: "float16" },
  { param: "float16", grad: "float32" },
];

export const stateTypes: readonly StateDType[] = ["float32", "bfloat16"];

export const gradientTypes: readonly WeightDType[] = ["float32", "bfloat16", "float16"];

export function describeTypes({ param, grad }: WeightTypes): string {
  return param === grad ? param : `${param} with ${grad} gradients`;
}

export const policies: readonly OnRefresh[] = ["restart", "rotate", "keep", "published"];

/** Takes turns among choices: a mixture that covers all of them without every combination. */
export function turn<T>(choices: readonly T[], number: number): T {
  return choices[number % choices.length];
}
