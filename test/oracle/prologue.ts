import type { Counters } from "./counters.js";

export interface PrologueInput {
  readonly counters: Counters;
  readonly hasGradient: boolean;
  /** Whether any gradient of the step holds an infinity or a NaN. */
  readonly isNonFinite: boolean;
  readonly skipNonFinite: boolean;
  /** Calls between two refreshes; 0: there is nothing to refresh. */
  readonly gap: number;
  /** Calls after the first before the schedule starts. */
  readonly offset: number;
  /** The call of the next refresh, where the gap is not fixed. */
  readonly due?: number;
}

export interface PrologueResult {
  readonly counters: Counters;
  readonly isActive: boolean;
  readonly isRefreshDue: boolean;
}

/** What happens to a parameter in a step, and how that is counted. */
export function prologue(input: PrologueInput): PrologueResult {
  const { hasGradient, isNonFinite, skipNonFinite, gap, offset } = input;
  if (!hasGradient) return { counters: input.counters, isActive: false, isRefreshDue: false };
  const counters = { ...input.counters, calls: input.counters.calls + 1 };
  if (isNonFinite && skipNonFinite) {
    const skipped = counters.skipped + 1;
    return { counters: { ...counters, skipped }, isActive: false, isRefreshDue: false };
  }
  // The schedule's calls are 1 + offset, 1 + offset + gap, ...; the first call has its own reason.
  const scheduled = counters.calls - 1 - offset;
  const isFixed = counters.calls > 1 && scheduled >= 0 && scheduled % gap === 0;
  const isScheduled = input.due === undefined ? isFixed : counters.calls >= input.due;
  const isRefreshDue = gap > 0 && (counters.hasBasis === 0 || isScheduled);
  return { counters, isActive: true, isRefreshDue };
}
