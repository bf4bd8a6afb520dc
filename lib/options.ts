/** Checks of what a user typed. Each throws a LeanError that names the option and the value. */
import { LeanError } from "./errors.js";
import { nearest } from "./nearest.js";

function refuse(option: string, value: unknown, expected: string): never {
  throw new LeanError("ERR_LEAN_INVALID_ARG", `${option} must be ${expected}, not ${show(value)}`, {
    parameter: option,
    value,
  });
}

/** A value in the words of a message, or its type where it has no words or throws. */
export function show(value: unknown): string {
  try {
    if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  } catch {
    return `[${typeof value}]`;
  }
}

function range(least: number, most: number): string {
  if (least === Number.NEGATIVE_INFINITY && most === Number.POSITIVE_INFINITY) return "";
  if (most === Number.POSITIVE_INFINITY) return ` of at least ${least}`;
  return ` from ${least} to ${most}`;
}

/** A finite number in [least, most]. */
export function requireFinite(
  option: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most) {
    refuse(option, value, `a finite number${range(least, most)}`);
  }
}

/** A safe integer in [least, most]. */
export function requireInteger(
  option: string,
  value: unknown,
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    const low = least === Number.MIN_SAFE_INTEGER ? Number.NEGATIVE_INFINITY : least;
    const high = most === Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : most;
    refuse(option, value, `an integer${range(low, high)}`);
  }
}

/** A beta: in [0, 1), or in [0, 1] where 1 means a sum. */
export function requireBeta(option: string, value: unknown, sumAllowed = false): void {
  requireFinite(option, value, 0, 1);
  if (value === 1 && !sumAllowed) refuse(option, value, "below 1");
}

export function requireBoolean(option: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") refuse(option, value, "true or false");
}

/** What is known but not chosen, and so may be left out or said as it is: data from JSON says it. */
export function requireFixed(owner: string, options: object, option: string, fixed: boolean): void {
  const value = (options as Readonly<Record<string, unknown>>)[option];
  if (value !== undefined && value !== fixed) refuse(option, value, `${fixed} with ${owner}`);
}

/** One of the given words; the error suggests the nearest. */
export function requireOneOf<T extends string>(
  option: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (choices.includes(value as T)) return;
  const near = typeof value === "string" ? nearest(value, choices) : undefined;
  refuse(
    option,
    value,
    `one of ${choices.join(", ")}${near === undefined ? "" : ` (did you mean ${near}?)`}`,
  );
}

/** Refuses option names that nobody reads, with the nearest one that somebody does. */
export function requireKnownOptions(
  owner: string,
  options: object,
  known: readonly string[],
): void {
  if (typeof options !== "object" || options === null) refuse(owner, options, "an object");
  // Not Object.keys, which makes an array: a step asks.
  for (const name in options) {
    if (known.includes(name) || !Object.hasOwn(options, name)) continue;
    const near = nearest(name, known);
    throw new LeanError(
      "ERR_LEAN_UNKNOWN_OPTION",
      `${owner} has no option ${name}${near === undefined ? "" : `; did you mean ${near}?`}`,
      { parameter: name, value: (options as Record<string, unknown>)[name] },
    );
  }
}
