import type { ErrorCode } from "lean-optim";

/** Matches a LeanError with this code that names what was at fault and what it was. */
export function refusal(code: ErrorCode, parameter: string, value?: unknown): Error {
  const details = value === undefined ? {} : { value };
  return expect.objectContaining({ name: "LeanError", code, parameter, ...details }) as Error;
}
