/** Which trainings follow from which outcomes. */
import { cosine } from "lean-optim";
import { entries, entryOf } from "../../bench/comparison/entries.js";
import { fingerprint } from "../../bench/comparison/journal.js";
import {
  type Finished,
  open,
  planAll,
  planEntry,
  type Size,
  shareDone,
} from "../../bench/comparison/plan.js";
import type { Outcome, Training } from "../../bench/comparison/training.js";
import { recipes } from "../../lib/recipes/index.js";

const size: Size = {
  ...{ layers: 1, width: 32, vocabulary: 128, tokens: 64, rank: 4 },
  ...{ rates: 5, sweepSteps: 20, seeds: 3, steps: 60, evaluations: 2 },
};

function outcome(finalLoss: number | null): Outcome {
  const common = { evaluations: [], stateBytes: {}, digest: "", seconds: 0 };
  return { ...common, finalLoss, diverged: finalLoss === null };
}

/** All trainings finished, with losses that depend on the rate alone. */
function lossBy(loss: (learningRate: number) => number | null): Finished {
  return ({ learningRate }) => outcome(loss(learningRate));
}

/** Lowest at `best`. */
const valley = (best: number) => lossBy((rate) => Math.abs(Math.log2(rate / best)));

const muon = entryOf("muon");
const rates = (finished: Finished) =>
  planEntry(muon, size, 0.01, finished).sweep.map(({ learningRate }) => learningRate / muon.centre);

test("every recipe is compared, once, and under its name", () => {
  const names = entries.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe("adamw");
  const options = { lr: 0.1, rank: 4, schedule: cosine({ steps: 10 }) };
  const compared = new Set(entries.map(({ recipe }) => recipe(options).config.name));
  const known = Object.keys(recipes).filter((name) => name !== "generic");
  expect([...compared].sort()).toEqual(known.sort());
});

test("a sweep whose best rate is inside has five rates around the centre", () => {
  expect(rates(valley(muon.centre))).toEqual([0.25, 0.5, 1, 2, 4]);
  const { best, trainings } = planEntry(muon, size, 0.01, valley(muon.centre / 2));
  expect(best?.learningRate).toBe(muon.centre / 2);
  expect(trainings.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  expect(trainings.map(({ learningRate }) => learningRate)).toEqual(Array(3).fill(muon.centre / 2));
  expect(trainings[0]).toMatchObject({ steps: 60, wholeTail: true, othersRate: 0.01 });
});

test.each([
  [0.25, [0.125, 0.25, 0.5, 1, 2, 4]],
  [0.125, [0.0625, 0.125, 0.25, 0.5, 1, 2, 4]],
  [0.001, [0.0625, 0.125, 0.25, 0.5, 1, 2, 4]],
  [4, [0.25, 0.5, 1, 2, 4, 8]],
  [1000, [0.25, 0.5, 1, 2, 4, 8, 16]],
])("with the best rate at %d times the centre, rates are %j", (best, expected) => {
  expect(rates(valley(muon.centre * best))).toEqual(expected);
});

test("diverged rates are worse than all others, and their sweep moves away from them", () => {
  const finished = lossBy((rate) => (rate > muon.centre / 4 ? null : 5));
  const { best, sweep } = planEntry(muon, size, 0.01, finished);
  expect(sweep).toHaveLength(7);
  expect(best?.outcome?.finalLoss).toBe(5);
  const { best: none, trainings } = planEntry(
    muon,
    size,
    0.01,
    lossBy(() => null),
  );
  expect(none?.learningRate).toBe(muon.centre / 16);
  expect(trainings).toHaveLength(3);
});

describe("one training after the other", () => {
  const three = ["adamw", "muon", "sgd"].map(entryOf);

  /** The order of trainings when each is finished before the next is asked for. */
  function walk(stopAfter = Number.POSITIVE_INFINITY, done = new Map<string, Outcome>()) {
    const loss = valley(0.01);
    const finished: Finished = (training) => done.get(fingerprint(training));
    const order: Training[] = [];
    let before = 0;
    while (order.length < stopAfter) {
      const plans = planAll(three, size, finished);
      const share = shareDone(three, plans, size, finished);
      expect(share).toBeGreaterThanOrEqual(order.length === 0 ? 0 : before - 0.06);
      before = share;
      const [next] = open(plans, finished);
      if (next === undefined) {
        expect(share).toBe(1);
        break;
      }
      order.push(next);
      done.set(fingerprint(next), loss(next) as Outcome);
    }
    return { order, done };
  }

  test("AdamW's sweep comes first, and its rate is the others'", () => {
    const { order } = walk();
    expect(new Set(order.slice(0, 5).map(({ entry }) => entry))).toEqual(new Set(["adamw"]));
    for (const { entry, learningRate, othersRate } of order) {
      expect(othersRate).toBe(entry === "adamw" ? learningRate : 0.008);
    }
    expect(new Set(order.map(fingerprint)).size).toBe(order.length);
  });

  test("a run that was ended goes on with what is left", () => {
    const whole = walk().order;
    for (const end of [1, 4, 5, 6, 11]) {
      const { order, done } = walk(end);
      expect([...order, ...walk(undefined, done).order]).toEqual(whole);
    }
  });
});
