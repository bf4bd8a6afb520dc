/** What came of the projections of an optimizer's weights, read back. */
import type { CounterReport } from "./counters.js";
import type { PlannedWeight } from "./layout.js";
import type { NativeProgram } from "./native.js";

/** One matrix's. */
export interface ProjectionReport {
  /** The parameter. */
  readonly name: string;
  /** Number of the matrix in a batched parameter, else 0. */
  readonly matrix: number;
  readonly rank: number;
  /** Bases computed so far. */
  readonly refreshes: number;
  /** Refreshes that kept the old basis, for a gradient that gave none. */
  readonly refused: number;
  /** Steps between refreshes, as of now; undefined where the caller gives the bases. */
  readonly gap?: number;
  /**
   * Of the latest refresh, with `projectionReports`: ‖proj(G)‖² / ‖G‖² of its gradient. Undefined
   * without one since the optimizer was built, and for projectors on lines.
   */
  readonly captured?: number;
  /** ‖P_oldᵀP‖² / r: 1 where the new basis spans what the old one did. Undefined for a first basis. */
  readonly overlap?: number;
  /** What it took, on the CPU. */
  readonly milliseconds?: number;
}

/** csrc/kernels/basis.h: captured, overlap, milliseconds. */
export const reportLength = 3;

export function readProjections(
  program: NativeProgram,
  { weight, momentum, state }: PlannedWeight,
  counters: readonly CounterReport[],
  reports: readonly number[],
): ProjectionReport[] {
  const { refresh } = momentum;
  if (refresh === undefined) return [];
  const rank = state.get("basis")?.shape.at(-1) ?? state.get("index")?.shape.at(-1) ?? 0;
  const schedule = state.get("schedule");
  const gaps =
    schedule && program.readState(schedule.offset, new BigInt64Array(schedule.bytes / 8));
  return counters.map(({ refreshes, refused }, matrix) => {
    const offset = reports[matrix];
    const gap = gaps === undefined ? refresh.updateProjGap : Number(gaps[2 * matrix]);
    return {
      name: weight.name,
      matrix,
      rank,
      refreshes,
      refused,
      ...(refresh.source === undefined && { gap: gap === 0 ? refresh.updateProjGap : gap }),
      ...(offset !== undefined && readReport(program, offset)),
    };
  });
}

function readReport(program: NativeProgram, offset: number): Partial<ProjectionReport> {
  const [captured = 0, overlap = 0, milliseconds = 0] = program.readWorkspace(
    offset,
    new Float64Array(reportLength),
  );
  // Zeros until the first refresh, and where a gradient that was not read is no number.
  return {
    ...(captured > 0 && { captured }),
    ...(captured > 0 && overlap >= 0 && { overlap }),
    ...(milliseconds > 0 && { milliseconds }),
  };
}
