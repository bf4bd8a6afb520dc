/** What a parameter counts. */
export interface Counters {
  /** Steps in which the parameter had a gradient. */
  readonly calls: number;
  /** Steps applied. */
  readonly updates: number;
  /** Updates since the momentum was last restarted. */
  readonly sinceBasis: number;
  /** 0: none; 1: there is one; 2: it is new, and the momentum's old coordinates are used in it once. */
  readonly hasBasis: number;
  /** Steps skipped for a gradient that is not finite. */
  readonly skipped: number;
  /** Bases computed. */
  readonly refreshes: number;
  /** Refreshes that kept the old basis. */
  readonly refused: number;
}
