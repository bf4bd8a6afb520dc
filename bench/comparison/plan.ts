/**
 * Which trainings a comparison consists of. What comes next follows from what is finished and from
 * nothing else, so a run that was ended goes on as if it had not been.
 */

import { type Entry, entryOf } from "./entries.js";
import type { Outcome, Training } from "./training.js";

/** The size of a comparison. */
export interface Size {
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
  /** Of one step. */
  readonly tokens: number;
  readonly rank: number;
  /** Rates of each entry's sweep, before it widens; odd. */
  readonly rates: number;
  readonly sweepSteps: number;
  readonly seeds: number;
  readonly steps: number;
  /** Of the long trainings. */
  readonly evaluations: number;
}

/** The ratio of neighbouring rates. */
export const RATIO = 2;

/** How many rates a sweep may go beyond its grid, on either side. */
export const MOST_WIDENED = 2;

/** Sweeps see other batches and beginnings than the trainings that count. */
const SWEEP_SEED = 0;

/** What is finished. */
export type Finished = (training: Training) => Outcome | undefined;

export interface SweepRate {
  readonly learningRate: number;
  readonly training: Training;
  /** undefined: not finished. */
  readonly outcome: Outcome | undefined;
}

/** How far one entry has come. */
export interface EntryPlan {
  readonly entry: Entry;
  /** In order of rate. */
  readonly sweep: readonly SweepRate[];
  /** The best of the sweep, once that is finished. */
  readonly best: SweepRate | undefined;
  /** One for each seed, once the sweep is finished. */
  readonly trainings: readonly Training[];
}

/** A loss for comparing rates: a diverged training is worse than every other. */
function comparable(outcome: Outcome | undefined): number {
  return outcome?.finalLoss ?? Number.POSITIVE_INFINITY;
}

/** What trainings of one comparison have in common. */
function common({ layers, width, vocabulary, tokens, rank }: Size) {
  return { layers, width, vocabulary, tokens, rank };
}

/** `othersRate` undefined: AdamW itself, whose embedding and gains go at the rate of its matrices. */
export function planEntry(
  entry: Entry,
  size: Size,
  othersRate: number | undefined,
  finished: Finished,
): EntryPlan {
  const rateAt = (power: number) => Number((entry.centre * RATIO ** power).toPrecision(3));
  const trainingAt = (learningRate: number) => ({
    ...common(size),
    entry: entry.name,
    learningRate,
    othersRate: othersRate ?? learningRate,
  });
  const at = (power: number): SweepRate => {
    const learningRate = rateAt(power);
    const training = {
      ...trainingAt(learningRate),
      seed: SWEEP_SEED,
      steps: size.sweepSteps,
      evaluations: 1,
      wholeTail: false,
    };
    return { learningRate, training, outcome: finished(training) };
  };
  const reach = (size.rates - 1) / 2;
  let [lowest, highest] = [-reach, reach];
  const sweep = Array.from({ length: size.rates }, (_, i) => at(i - reach));
  let best = bestOf(sweep);
  while (best !== undefined) {
    if (best === sweep[0] && lowest > -reach - MOST_WIDENED) sweep.unshift(at(--lowest));
    else if (best === sweep.at(-1) && highest < reach + MOST_WIDENED) sweep.push(at(++highest));
    else break;
    best = bestOf(sweep);
  }
  const { seeds, steps, evaluations } = size;
  const trainings = Array.from({ length: best === undefined ? 0 : seeds }, (_, i) => ({
    ...trainingAt((best as SweepRate).learningRate),
    ...{ seed: i + 1, steps, evaluations, wholeTail: true },
  }));
  return { entry, sweep, best, trainings };
}

/** The first of the lowest losses, once all are there. */
function bestOf(sweep: readonly SweepRate[]): SweepRate | undefined {
  if (sweep.some(({ outcome }) => outcome === undefined)) return undefined;
  return sweep.reduce((a, b) => (comparable(b.outcome) < comparable(a.outcome) ? b : a));
}

/**
 * The plans of entries, as far as they are known: AdamW's sweep decides the rate at which all others
 * train the embedding and the gains, so they wait for it.
 */
export function planAll(entries: readonly Entry[], size: Size, finished: Finished): EntryPlan[] {
  const adamw = planEntry(entryOf("adamw"), size, undefined, finished);
  const othersRate = adamw.best?.learningRate;
  const rest = entries.filter(({ name }) => name !== "adamw");
  if (othersRate === undefined) return [adamw];
  return [adamw, ...rest.map((entry) => planEntry(entry, size, othersRate, finished))];
}

/** The trainings that are known to be needed and not finished, the first ones first. */
export function open(plans: readonly EntryPlan[], finished: Finished): Training[] {
  return plans
    .flatMap(({ sweep, trainings }) => [...sweep.map(({ training }) => training), ...trainings])
    .filter((training) => finished(training) === undefined);
}

/** How much is done, of all steps, as far as it is known which there will be. */
export function shareDone(
  entries: readonly Entry[],
  plans: readonly EntryPlan[],
  size: Size,
  finished: Finished,
): number {
  const stepsOf = (trainings: readonly Training[]) =>
    trainings.reduce((total, { steps }) => total + steps, 0);
  const swept = plans.flatMap(({ sweep }) => sweep.map(({ training }) => training));
  const known = [...swept, ...plans.flatMap(({ trainings }) => trainings)];
  const unplanned = (entries.length - plans.length) * size.rates * size.sweepSteps;
  const unseeded = entries.length - plans.filter(({ best }) => best !== undefined).length;
  const all = stepsOf(known) + unplanned + unseeded * size.seeds * size.steps;
  return 1 - (all - stepsOf(known.filter((training) => finished(training) !== undefined))) / all;
}
