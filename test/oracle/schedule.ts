/** When a basis whose gap follows its drift is refreshed. */
export interface Schedule {
  /** Calls between refreshes; 0: there has been none yet. */
  readonly gap: number;
  /** The call of the next one. */
  readonly due: number;
}

export interface DriftSettings {
  readonly drift: number;
  readonly minGap: number;
  readonly maxGap: number;
  /** Calls after the first before the second refresh; 0: the least gap. */
  readonly offset: number;
}

/**
 * After a refresh in call `calls`: a subspace that has turned by at most `drift` is left alone for twice
 * as long, another for half as long. `overlap` is undefined where a refresh was refused.
 */
export function nextRefresh(
  { gap }: Schedule,
  { drift, minGap, maxGap, offset }: DriftSettings,
  calls: number,
  overlap: number | undefined,
): Schedule {
  if (gap === 0) return { gap: minGap, due: offset >= calls ? 1 + offset : calls + minGap };
  if (overlap === undefined) return { gap, due: calls + gap };
  const wanted = 1 - overlap <= drift ? 2 * gap : Math.floor(gap / 2);
  const next = Math.min(maxGap, Math.max(minGap, wanted));
  return { gap: next, due: calls + next };
}
