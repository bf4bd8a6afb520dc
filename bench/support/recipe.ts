/** Cases for one recipe: a step of one weight, beside optimizers that do the same in Python. */

import { Optimizer, type Recipe, setThreads } from "../../lib/index.js";
import { bytesPerElement, numel } from "../../lib/tensor.js";
import type { BenchCase, Peer } from "./case.js";
import { noiseOf, type Shape, type WeightType } from "./data.js";

/** A rate at which weights hardly move: a run repeats one gradient for thousands of steps. */
export const lr = 1e-6;

/** A refresh costs many steps' time and comes once in hundreds: kernels/power-iteration times it. */
export const NO_REFRESH = 2 ** 31 - 1;

export interface RecipeCase {
  readonly shape: Shape;
  readonly dtype?: WeightType;
  /** Added to the shape and the type, where they do not tell one case from another. */
  readonly label?: string;
  recipe(): Recipe;
  /** State that a step reads and writes, and state that it only reads. */
  readonly stateBytes: { readonly updated: number; readonly read?: number };
  readonly flops?: number;
  readonly peers?: readonly Pick<Peer, "name" | "peer" | "arguments" | "atMost">[];
}

export function recipeCase(options: RecipeCase): BenchCase {
  const { shape, dtype = "float32", label, recipe, stateBytes, flops = 0, peers = [] } = options;
  const count = numel(shape);
  const { updated, read = 0 } = stateBytes;
  return {
    name: `${shape.join("x")} ${dtype}${label === undefined ? "" : `, ${label}`}`,
    bytes: 3 * count * bytesPerElement[dtype] + 2 * updated + read,
    flops,
    setup(threads) {
      setThreads(threads);
      const data = noiseOf(dtype, count, 0.02, 1);
      const grad = noiseOf(dtype, count, 1e-3, 2);
      const params = [{ name: "weight", data, grad, shape: [...shape], dtype }];
      const optimizer = new Optimizer([{ params, optimizer: recipe() }]);
      return { run: () => optimizer.step(), dispose: () => optimizer.dispose() };
    },
    peers: peers.map((peer) => ({ ...peer, shapes: [shape], dtype })),
  };
}

/** torch.optim's optimizer of this name, fused unless the options choose otherwise. */
export function torchPeer(optimizer: string, options: Peer["arguments"] = {}, atMost?: number) {
  const kind = "foreach" in options ? "foreach" : "fused";
  return {
    name: `torch.optim.${optimizer}(${kind})`,
    peer: "torch",
    arguments: { optimizer, lr, [kind]: true, ...options },
    ...(atMost !== undefined && { atMost }),
  };
}

/** The published optimizer, and our eager transcription of it. */
export function publishedPeers(optimizer: string, options: Peer["arguments"], atMost?: number) {
  return ["published", "eager"].map((kind) => ({
    name: `${kind} ${optimizer}`,
    peer: `${kind} ${optimizer}`,
    arguments: { lr, ...options },
    ...(atMost !== undefined && { atMost }),
  }));
}
