/**
 * Timing by interleaving: one sample of each subject in turn, again and again, so that whatever
 * else the machine does falls on all of them alike; then medians and quartiles.
 */

import { setTimeout as sleep } from "node:timers/promises";

/** Something that can run a number of steps and say how long one took. */
export interface Subject {
  readonly name: string;
  /** Runs `steps` steps; milliseconds for one. */
  time(steps: number): number | Promise<number>;
}

export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

export interface Measurement {
  readonly name: string;
  /** Milliseconds a step, one entry for each round. */
  readonly samples: readonly number[];
  readonly ms: Quartiles;
}

export interface Interleaved {
  /** One for each subject, in their order. */
  readonly measurements: readonly Measurement[];
  readonly rounds: {
    readonly taken: number;
    readonly kept: number;
    /** Share of the kept rounds' time that was waited for a processor. */
    readonly waited: number;
  };
}

export interface MeasureOptions {
  /** Rounds that count. */
  readonly samples?: number;
  /** Rounds before them. */
  readonly warmup?: number;
  /** A sample repeats steps until it is about this long. */
  readonly sampleMs?: number;
  /** Idle time before each sample, in which the threads of the one before go to sleep. */
  readonly settleMs?: number;
  /**
   * Milliseconds that the subjects' threads have waited for a processor so far. Rounds with much of
   * it do not count, until patience ends; then the calmest do.
   */
  readonly waited?: () => number;
  /** How long, in milliseconds, disturbed rounds are taken again. */
  readonly patience?: number;
}

export const defaultMeasureOptions = {
  samples: 40,
  warmup: 3,
  sampleMs: 5,
  settleMs: 10,
  patience: 60_000,
} as const satisfies MeasureOptions;

const MAX_STEPS = 10_000;
/** After a disturbed round: whatever disturbed it may soon be over. */
const PAUSE_MS = 500;
/** A round is calm when no more than this share of it was waited for a processor. */
const CALM = 0.02;

interface Round {
  /** Milliseconds a step, one entry for each subject. */
  readonly times: readonly number[];
  /** Share of the round's time. */
  readonly waited: number;
}

/** The value below which a share of the values lies, between neighbours by linear interpolation. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

export function quartiles(values: readonly number[]): Quartiles {
  return {
    lower: quantile(values, 0.25),
    median: quantile(values, 0.5),
    upper: quantile(values, 0.75),
  };
}

/** Quartiles of the ratio a / b, taken round by round: what both suffered in a round cancels. */
export function ratio(a: Measurement, b: Measurement): Quartiles {
  return quartiles(a.samples.map((value, round) => value / (b.samples[round] as number)));
}

/** A subject that repeats a synchronous function. */
export function repeated(name: string, run: () => void): Subject {
  return {
    name,
    time(steps) {
      const start = process.hrtime.bigint();
      for (let step = 0; step < steps; step++) run();
      return Number(process.hrtime.bigint() - start) / 1e6 / steps;
    },
  };
}

async function stepsPerSample(subject: Subject, sampleMs: number): Promise<number> {
  await subject.time(1);
  const once = await subject.time(1);
  return Math.min(MAX_STEPS, Math.max(1, Math.ceil(sampleMs / once)));
}

/** The calmest rounds, in the order in which they were taken. */
function calmest(rounds: readonly Round[], count: number): readonly Round[] {
  const waits = rounds.map(({ waited }) => waited).sort((a, b) => a - b);
  const most = waits[count - 1] ?? Number.POSITIVE_INFINITY;
  return rounds.filter(({ waited }) => waited <= most).slice(0, count);
}

export async function interleave(
  subjects: readonly Subject[],
  options: MeasureOptions = {},
): Promise<Interleaved> {
  const settings = { ...defaultMeasureOptions, ...options };
  const { samples, warmup, sampleMs, settleMs, patience, waited = () => 0 } = settings;

  const steps: number[] = [];
  for (const subject of subjects) steps.push(await stepsPerSample(subject, sampleMs));

  const takeRound = async (): Promise<Round> => {
    const times: number[] = [];
    let waiting = 0;
    let running = 0;
    for (const [index, subject] of subjects.entries()) {
      await sleep(settleMs);
      const before = waited();
      const ms = await subject.time(steps[index] as number);
      waiting += waited() - before;
      running += ms * (steps[index] as number);
      times.push(ms);
    }
    return { times, waited: waiting / running };
  };

  for (let round = 0; round < warmup; round++) await takeRound();
  const rounds: Round[] = [];
  const end = Date.now() + patience;
  for (let calm = 0; calm < samples && (rounds.length < samples || Date.now() < end); ) {
    const round = await takeRound();
    rounds.push(round);
    if (round.waited <= CALM) calm++;
    else await sleep(Math.min(PAUSE_MS, Math.max(0, end - Date.now())));
  }
  const kept = calmest(rounds, samples);
  const measurements = subjects.map(({ name }, index) => {
    const taken = kept.map(({ times }) => times[index] as number);
    return { name, samples: taken, ms: quartiles(taken) };
  });
  const waiting = kept.reduce((sum, round) => sum + round.waited, 0) / kept.length;
  return { measurements, rounds: { taken: rounds.length, kept: kept.length, waited: waiting } };
}
