import { constant, cosine, linear, type Schedule } from "lean-optim";
import { requireSchedule, scheduleFactor } from "../lib/schedules.js";
import { refusal } from "./support/refusal.js";

const factors = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps }, (_, i) => scheduleFactor(schedule, i + 1));

test("constant, from the start or after a warm-up", () => {
  expect(factors(constant(), 3)).toEqual([1, 1, 1]);
  expect(factors(constant({ warmup: 4 }), 6)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
});

test("linear: a line from the end of the warm-up to the last step", () => {
  expect(factors(linear({ steps: 6, warmup: 2 }), 8)).toEqual([0.5, 1, 0.75, 0.5, 0.25, 0, 0, 0]);
  expect(factors(linear({ steps: 4, final: 0.5 }), 5)).toEqual([0.875, 0.75, 0.625, 0.5, 0.5]);
});

test("cosine: half a period, to a tenth unless told otherwise", () => {
  const [start, , middle, , end, after] = factors(cosine({ steps: 6, warmup: 2 }), 7).slice(1);
  expect([start, end, after]).toEqual([1, 0.1, 0.1]);
  expect(middle).toBeCloseTo(0.55, 15);
  expect(scheduleFactor(cosine({ steps: 8, final: 0 }), 2)).toBeCloseTo(0.5 + Math.SQRT1_2 / 2, 15);
});

test("with a warm-up of all its steps it ends where the warm-up does", () => {
  expect(factors(linear({ steps: 2, warmup: 2, final: 0.3 }), 3)).toEqual([0.5, 0.3, 0.3]);
});

test("is data, which JSON keeps", () => {
  const schedule = cosine({ steps: 100, warmup: 10 });
  expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule);
  requireSchedule(JSON.parse(JSON.stringify(schedule)));
});

test.each([
  ["schedule.warmup", -1, () => constant({ warmup: -1 })],
  ["schedule.warmup", 1.5, () => linear({ steps: 5, warmup: 1.5 })],
  ["schedule.steps", undefined, () => linear({} as never)],
  ["schedule.steps", Number.NaN, () => cosine({ steps: Number.NaN })],
  ["schedule.steps", 5, () => cosine({ steps: 5, warmup: 6 })],
  ["schedule.final", -0.1, () => cosine({ steps: 5, final: -0.1 })],
  ["schedule.final", Number.NaN, () => linear({ steps: 5, final: Number.NaN })],
  ["schedule.kind", "step", () => requireSchedule({ kind: "step", steps: 1, warmup: 0, final: 0 })],
  ["schedule", "cosine", () => requireSchedule("cosine")],
])("%s %p is refused", (option, value, act) => {
  expect(act).toThrow(
    expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: option, value }),
  );
});

test("an option that nobody reads is refused", () => {
  expect(() => requireSchedule({ ...constant(), gamma: 1 })).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "gamma", 1),
  );
});
