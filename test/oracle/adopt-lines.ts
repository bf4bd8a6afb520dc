import type { OnRefresh } from "./refresh.js";

/**
 * Whether a caller's line numbers can be used: distinct ones, of lines that there are, and in
 * ascending order where momentum is to move between them.
 */
export function acceptsLines(
  lines: readonly number[],
  limit: number,
  onRefresh: OnRefresh,
): boolean {
  const exist = lines.every((line) => line >= 0 && line < limit);
  const ascend = lines.every((line, i) => i === 0 || line > lines[i - 1]);
  return exist && new Set(lines).size === lines.length && (ascend || onRefresh !== "rotate");
}
