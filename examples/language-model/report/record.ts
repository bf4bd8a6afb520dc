import type { SweepRecord } from "../learning-rates.js";
import type { Machine } from "../machine.js";
import type { Comparison, ComparisonSettings } from "../training/comparison.js";

/** Everything that one run of the demonstration measured: what the report shows. */
export interface DemoRecord extends Comparison {
  readonly settings: ComparisonSettings;
  readonly machine: Machine;
  /** The framework and backend that ran the models. */
  readonly framework: string;
  readonly minutes: number;
  /** Where the learning rates came from. */
  readonly sweep: SweepRecord;
}
