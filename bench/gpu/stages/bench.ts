/** Milliseconds a step of whole models and of single layers, and how many times the floor that is. */

import { interleave, type Subject } from "../../../lib/cli/measure.js";
import {
  adago,
  adamSN,
  adamSNSM,
  adamw,
  muon,
  Optimizer,
  type Recipe,
  rmspropSN,
} from "../../../lib/index.js";
import type { WeightType } from "../../support/data.js";
import { lr, NO_REFRESH } from "../../support/recipe.js";
import { roundedQuartiles } from "../../support/result.js";
import { floorMs, total, workOf } from "../floor.js";
import { DeviceModel, groupsOf, type Model, models } from "../model.js";
import { type Job, rounded, type Stage, type Surroundings } from "../stage.js";
import { measuredRates } from "./ceilings.js";

interface Case {
  readonly model: Model;
  readonly dtype: WeightType;
  readonly recipe: Recipe;
  readonly rank: number | null;
  /** Gradients clipped to a norm that they do not reach: the numbers are read, and stay. */
  readonly isClipped: boolean;
}

/** Long against a clock and the wait at its end, short against a stage. */
const timing = { samples: 15, warmup: 2, sampleMs: 60, settleMs: 0, patience: 0 };
const timingOfRehearsal = { ...timing, samples: 2, warmup: 1, sampleMs: 1 };
const unreached = 1e9;
/** So few that they all fit into the device's queue: enqueuing them waits for nothing. */
const queued = 20;

/** In float32 one step of the largest takes as long as the stage may. */
function isOrthogonalized({ name }: Model, dtype: WeightType): boolean {
  return dtype === "bfloat16" || !["llama-1b", "llama-7b", "llama-7b layer"].includes(name);
}

function casesOf(model: Model): Case[] {
  const plain = { rank: null, isClipped: false };
  const subspace = (rank: number) => adamSNSM({ lr, rank, updateProjGap: NO_REFRESH });
  const cases = (["bfloat16", "float32"] as const).flatMap((dtype): Case[] => {
    const of = { model, dtype };
    return [
      { ...of, ...plain, recipe: adamw({ lr }) },
      { ...of, ...plain, recipe: adamSN({ lr }) },
      { ...of, ...plain, recipe: rmspropSN({ lr }) },
      ...(isOrthogonalized(model, dtype)
        ? [muon({ lr }), adago({ lr })].map((recipe) => ({ ...of, ...plain, recipe }))
        : []),
      ...model.ranks.map((rank) => ({ ...of, rank, isClipped: false, recipe: subspace(rank) })),
      { ...of, rank: model.paperRank, isClipped: true, recipe: subspace(model.paperRank) },
    ];
  });
  // 108 GB of float32 is more than most devices have.
  return cases.filter(({ dtype }) => model.name !== "llama-7b" || dtype === "bfloat16");
}

function keyOf({ model, dtype, recipe, rank, isClipped }: Case): string {
  const more = `${rank === null ? "" : ` rank ${rank}`}${isClipped ? " clipped" : ""}`;
  return `${model.name} ${dtype} ${recipe.name}${more}`;
}

/** Steps enqueued without waiting, then one wait for all. */
function stepsOf(optimizer: Optimizer): Subject {
  return {
    name: "steps",
    time(steps) {
      const start = process.hrtime.bigint();
      for (let step = 0; step < steps; step++) optimizer.step();
      optimizer.synchronize();
      return Number(process.hrtime.bigint() - start) / 1e6 / steps;
    },
  };
}

/** Microseconds of the host's for one step. */
function enqueuing(optimizer: Optimizer): number {
  const start = process.hrtime.bigint();
  for (let step = 0; step < queued; step++) optimizer.step();
  const elapsed = Number(process.hrtime.bigint() - start) / 1e3 / queued;
  optimizer.synchronize();
  return elapsed;
}

async function measure(one: Case, memory: DeviceModel, { device, isRehearsal, out }: Surroundings) {
  const { model, dtype, recipe, rank, isClipped } = one;
  const groups = groupsOf(model, recipe);
  const options = { device, ...(isClipped && { maxGradNorm: unreached }) };
  using optimizer = new Optimizer(memory.groups(groups), options);
  const subjects = [stepsOf(optimizer)];
  const { measurements } = await interleave(subjects, isRehearsal ? timingOfRehearsal : timing);
  const [{ ms }] = measurements as [(typeof measurements)[number]];
  const work = workOf(groups, dtype, isClipped);
  const rates = measuredRates(out);
  const floor = rates === null ? null : floorMs(work, dtype, rates);
  return {
    model: model.name,
    dtype,
    recipe: recipe.name,
    rank,
    isClipped,
    ms: roundedQuartiles(ms),
    median: rounded(ms.median),
    floorMs: floor === null ? null : rounded(floor),
    timesFloor: floor === null ? null : rounded(ms.median / floor),
    ...total(work),
    hostMicroseconds: rounded(enqueuing(optimizer)),
    launches: optimizer.launches,
    stateBytes: optimizer.stateBytes,
    workspaceBytes: optimizer.workspaceBytes,
  };
}

/** The memory of the model that was asked for last: cases come model by model. */
class Memory {
  #key = "";
  #model: DeviceModel | undefined;

  of(device: string, { model, dtype }: Case): DeviceModel {
    const key = `${model.name} ${dtype}`;
    if (this.#model !== undefined && this.#key === key) return this.#model;
    this.free();
    this.#model = new DeviceModel(device, model, dtype);
    this.#key = key;
    return this.#model;
  }

  free(): void {
    this.#model?.[Symbol.dispose]();
    this.#model = undefined;
  }
}

export const bench: Stage = {
  name: "bench",
  async open(surroundings) {
    const memory = new Memory();
    const cases = models(surroundings.isRehearsal).flatMap(casesOf);
    const jobs = cases.map(
      (one): Job => ({
        key: keyOf(one),
        run: async () => measure(one, memory.of(surroundings.device, one), surroundings),
      }),
    );
    return { about: { rates: measuredRates(surroundings.out) }, jobs, close: () => memory.free() };
  },
};
