/** What PyTorch's optimizers take for the same models and layers, by CUDA's events. */

import { interleave } from "../../../lib/cli/measure.js";
import type { Peer } from "../../support/case.js";
import type { WeightType } from "../../support/data.js";
import { Peers } from "../../support/peers.js";
import { lr } from "../../support/recipe.js";
import { roundedQuartiles } from "../../support/result.js";
import { type Model, models } from "../model.js";
import { type Job, rounded, type Stage, type Surroundings } from "../stage.js";

const timing = { samples: 15, warmup: 2, sampleMs: 60, settleMs: 0, patience: 0 };
const timingOfRehearsal = { ...timing, samples: 2, warmup: 1, sampleMs: 1 };

interface Case {
  readonly key: string;
  readonly model: Model;
  readonly dtype: WeightType;
  /** All parameters, or the weights of linear layers alone. */
  readonly part: "all" | "linear";
  readonly peer: Pick<Peer, "name" | "peer" | "arguments">;
}

/** The published code's eager steps are launches without end: the small models show it. */
const eagerUpTo = ["tiny", "llama-60m", "llama-350m", "llama-60m layer", "llama-350m layer"];
const muonUpTo = ["tiny", ...eagerUpTo, "llama-1b", "llama-1b layer", "llama-7b layer"];

function casesOf(model: Model): Case[] {
  const { name, paperRank: rank } = model;
  const isLayer = name.endsWith(" layer") || name === "tiny";
  const of = (dtype: WeightType, part: Case["part"], peer: Case["peer"]): Case => ({
    key: `${name} ${dtype} ${peer.name}${part === "linear" ? ", linear layers" : ""}`,
    model,
    dtype,
    part,
    peer,
  });
  const torch = (optimizer: string, options: Peer["arguments"]) => ({
    name: `torch.optim.${optimizer}`,
    peer: "torch",
    arguments: { optimizer, lr, ...options },
  });
  const subspace = (kind: string) => ({
    name: `${kind} AdamSNSM rank ${rank}`,
    peer: `${kind} AdamSNSM`,
    arguments: { lr, rank },
  });
  return (["bfloat16", "float32"] as const).flatMap((dtype) => [
    ...(name === "llama-7b" && dtype === "float32"
      ? [] // 108 GB
      : [of(dtype, "all", torch("AdamW", { fused: true }))]),
    ...(muonUpTo.includes(name) ? [of(dtype, "linear", torch("Muon", {}))] : []),
    ...(eagerUpTo.includes(name)
      ? ["published", "eager"].map((kind) => of(dtype, "linear", subspace(kind)))
      : []),
    ...(isLayer ? [of(dtype, "linear", subspace("compiled"))] : []),
  ]);
}

function shapesOf({ model, part }: Case): (readonly number[])[] {
  const wanted = ({ role }: Model["parameters"][number]) => part === "all" || role === "linear";
  return model.parameters.filter(wanted).map(({ shape }) => shape);
}

async function measure(peers: Peers, one: Case, { isRehearsal }: Surroundings): Promise<object> {
  const device = isRehearsal ? "cpu" : "cuda";
  const peer = { ...one.peer, shapes: shapesOf(one), dtype: one.dtype, device };
  if (!peers.has(peer)) return { skipped: "LEAN_OPTIM_SNSM names no checkout of timmytonga/sn-sm" };
  const subject = await peers.open(peer);
  try {
    const { measurements } = await interleave([subject], isRehearsal ? timingOfRehearsal : timing);
    const [{ ms }] = measurements as [(typeof measurements)[number]];
    const { model, dtype, part } = one;
    const of = { model: model.name, dtype, peer: one.peer.name, part };
    return { ...of, ms: roundedQuartiles(ms), median: rounded(ms.median) };
  } finally {
    await subject.close();
  }
}

export const peers: Stage = {
  name: "peers",
  async open(surroundings) {
    const started = await Peers.start(surroundings.isRehearsal ? 1 : 8);
    if (typeof started === "string") return started;
    if (!surroundings.isRehearsal && started.about.gpu === null) {
      started.stop();
      return `PyTorch ${started.about.torch} sees no GPU`;
    }
    const cases = models(surroundings.isRehearsal).flatMap(casesOf);
    const jobs = cases.map(
      (one): Job => ({ key: one.key, run: () => measure(started, one, surroundings) }),
    );
    return { about: started.about, jobs, close: () => started.stop() };
  },
};
