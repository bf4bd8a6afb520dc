/** What was verified, as JSON and as text. */
import { table } from "../text.js";
import type { Check } from "./plan.js";

export interface CaseReport {
  readonly file: string;
  readonly system: string;
  readonly variant: string;
  /** null where the case was skipped, or failed before there was an error to measure. */
  readonly error: number | null;
  readonly tolerance: number | null;
  readonly status: "passed" | "failed" | "skipped";
  /** Of skipping and of failing; null for what passed. */
  readonly reason: string | null;
}

export interface Report {
  readonly cases: readonly CaseReport[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs one check. Whatever it throws is its failure. */
export function runCheck({ file, system, variant, skip, run }: Check): CaseReport {
  const of = { file, system, variant, error: null, tolerance: null };
  if (skip !== undefined) return { ...of, status: "skipped", reason: skip };
  try {
    const { error, tolerance, detail } = run();
    if (error <= tolerance) return { ...of, error, tolerance, status: "passed", reason: null };
    // JSON has no infinity.
    const finite = Number.isFinite(error) ? error : null;
    return { ...of, error: finite, tolerance, status: "failed", reason: detail };
  } catch (thrown) {
    return { ...of, status: "failed", reason: String((thrown as Error)?.message ?? thrown) };
  }
}

export function reportOf(cases: readonly CaseReport[]): Report {
  const count = (status: CaseReport["status"]) => cases.filter((c) => c.status === status).length;
  return { cases, passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

export function asText({ cases, passed, failed, skipped }: Report): string {
  const isKernel = ({ system }: CaseReport) => system === "kernel";
  const kernels = groupBy(cases.filter(isKernel), ({ file }) => file);
  const systems = groupBy(
    cases.filter((c) => !isKernel(c)),
    ({ system }) => system,
  );
  const failures = cases.filter(({ status }) => status === "failed").map(failureText);
  return [
    ...section("kernels against their oracles", "worst error, of what rounding allows", kernels),
    ...section("recorded trajectories", "worst error, of its tolerance", systems),
    ...failures,
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ].join("\n");
}

function groupBy<T>(elements: readonly T[], keyOf: (element: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const element of elements) {
    const group = groups.get(keyOf(element));
    if (group === undefined) groups.set(keyOf(element), [element]);
    else group.push(element);
  }
  return groups;
}

function section(
  title: string,
  measure: string,
  groups: ReadonlyMap<string, readonly CaseReport[]>,
): string[] {
  if (groups.size === 0) return [];
  const heads = [title, "passed", "failed", "skipped", measure];
  return [table([heads, ...[...groups].map(groupRow)]), ""];
}

function groupRow([name, cases]: readonly [string, readonly CaseReport[]]): string[] {
  const { passed, failed, skipped } = reportOf(cases);
  const reasons = new Set(cases.filter((c) => c.status === "skipped").map(({ reason }) => reason));
  const shares = cases
    .filter(({ status }) => status === "passed")
    .map(({ error, tolerance }) => (error ?? 0) / (tolerance ?? 1));
  const worst = shares.length === 0 ? [...reasons].join("; ") : Math.max(...shares).toFixed(3);
  return [name, ...[passed, failed, skipped].map(String), worst];
}

function failureText({ file, variant, error, tolerance, reason }: CaseReport): string {
  const measured = error === null ? "" : `error ${error.toPrecision(3)}, tolerance ${tolerance}: `;
  return `FAILED ${file}, ${variant}\n  ${measured}${reason}\n`;
}
