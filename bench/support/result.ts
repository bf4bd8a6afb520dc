/** What a run finds out, as it is written to bench/results. */

import type { Interleaved, Quartiles } from "../../lib/cli/measure.js";
import type { Machine } from "./machine.js";
import type { PeersAbout } from "./peers.js";

export interface Comparison {
  readonly peer: string;
  readonly ms: Quartiles;
  /** Our time over the peer's, round by round. */
  readonly ratio: Quartiles;
  readonly atMost?: number;
  readonly met?: boolean;
}

export interface CaseResult {
  /** "recipes/adamw", "kernels/dense-step". */
  readonly suite: string;
  readonly name: string;
  readonly rounds: Interleaved["rounds"];
  readonly ms: Quartiles;
  readonly gbPerSecond?: number;
  /** Of the pace at which the same threads copy a large array, in the same rounds. */
  readonly percentOfCopy?: number;
  readonly gflopPerSecond?: number;
  readonly against: readonly Comparison[];
}

/** A number that is not a time beside a peer's. */
export interface Fact {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
  readonly met?: boolean;
  readonly note?: string;
}

/** Whether the eager transcription is a fair stand-in for the published code. */
export interface Transcription {
  readonly suite: string;
  readonly name: string;
  /** Its time over the published code's. */
  readonly ratio: Quartiles;
  /** Relative distance between the parameters they end at. */
  readonly distance: number;
}

export interface Results {
  readonly measured: string;
  readonly machine: Machine;
  readonly peers: PeersAbout | string;
  readonly cases: readonly CaseResult[];
  readonly facts: readonly Fact[];
  readonly transcriptions: readonly Transcription[];
}

/** Only the digits that mean something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function roundedQuartiles({ lower, median, upper }: Quartiles): Quartiles {
  return { lower: rounded(lower), median: rounded(median), upper: rounded(upper) };
}

export function fact(measured: Omit<Fact, "met">): Fact {
  const { value, atMost } = measured;
  const exact = { ...measured, value: rounded(value) };
  return atMost === undefined ? exact : { ...exact, met: value <= atMost };
}
