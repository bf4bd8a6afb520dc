/** Budgets of memory as people write them. */
import { LeanError } from "../errors.js";
import { show } from "../options.js";

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Bytes: a number of them, `"200MB"`, `"1.5 GiB"`, or `"30%"` of AdamW's.
 *
 * @throws LeanError ERR_LEAN_INVALID_ARG
 */
export function budgetBytes(budget: unknown, adamBytes: number): number {
  if (typeof budget === "number" && budget >= 0 && Number.isFinite(budget)) {
    return Math.floor(budget);
  }
  const written = typeof budget === "string" ? budget.trim().toLowerCase() : "";
  const [, digits, unit = "b"] = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+|%)?$/.exec(written) ?? [];
  const size = unit === "%" ? adamBytes / 100 : units[unit];
  if (digits !== undefined && size !== undefined) return Math.floor(Number(digits) * size);
  throw new LeanError(
    "ERR_LEAN_INVALID_ARG",
    `budget must be a number of bytes, a size such as "200MB" or "1.5GiB", or a share of AdamW's state such as "30%"; not ${show(budget)}`,
    { parameter: "budget", value: budget },
  );
}
