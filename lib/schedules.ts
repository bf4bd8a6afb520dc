/**
 * Learning-rate schedules: factors by which a group's `lr` is multiplied, as functions of the step.
 * Each warms up linearly over its first `warmup` steps: step t of them has the factor t / warmup.
 */
import { requireFinite, requireInteger, requireKnownOptions, requireOneOf } from "./options.js";

/** A schedule is data, so that it can be stored in a checkpoint. */
export interface Schedule {
  readonly kind: "constant" | "linear" | "cosine";
  readonly warmup: number;
  /** The step from which on the factor is `final`; 0 for constant. */
  readonly steps: number;
  readonly final: number;
}

export interface DecayScheduleOptions {
  /** Total number of steps, warm-up included. */
  steps: number;
  /** Steps of linear warm-up. Default 0. */
  warmup?: number;
  /** Factor at and after the last step. Default 0 (cosine: 0.1, the published runs' choice). */
  final?: number;
}

function make(kind: Schedule["kind"], steps: number, warmup: number, final: number): Schedule {
  const schedule = { kind, warmup, steps, final };
  requireSchedule(schedule);
  return schedule;
}

/** @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION */
export function requireSchedule(schedule: unknown): asserts schedule is Schedule {
  requireKnownOptions("schedule", schedule as object, ["kind", "warmup", "steps", "final"]);
  const { kind, warmup, steps, final } = schedule as Schedule;
  requireOneOf("schedule.kind", kind, ["constant", "linear", "cosine"]);
  requireInteger("schedule.warmup", warmup, 0);
  requireInteger("schedule.steps", steps, kind === "constant" ? 0 : warmup);
  requireFinite("schedule.final", final, 0);
}

/** Factor 1, after the warm-up. */
export function constant({ warmup = 0 }: { warmup?: number } = {}): Schedule {
  return make("constant", 0, warmup, 1);
}

/** From 1 at the end of the warm-up down a line to `final` at step `steps`. */
export function linear({ steps, warmup = 0, final = 0 }: DecayScheduleOptions): Schedule {
  return make("linear", steps, warmup, final);
}

/** From 1 at the end of the warm-up down half a cosine to `final` at step `steps`. */
export function cosine({ steps, warmup = 0, final = 0.1 }: DecayScheduleOptions): Schedule {
  return make("cosine", steps, warmup, final);
}

/** The factor of step t = 1, 2, ... */
export function scheduleFactor(schedule: Schedule, step: number): number {
  const { kind, warmup, steps, final } = schedule;
  if (step < warmup) return step / warmup;
  if (kind === "constant") return 1;
  if (step >= steps) return final;
  const progress = (step - warmup) / (steps - warmup);
  const weight = kind === "linear" ? 1 - progress : 0.5 * (1 + Math.cos(Math.PI * progress));
  return final + (1 - final) * weight;
}
