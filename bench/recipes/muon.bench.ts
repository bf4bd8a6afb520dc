import { muon } from "../../lib/index.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase } from "../support/case.js";
import type { Shape } from "../support/data.js";
import { lr, recipeCase, torchPeer } from "../support/recipe.js";

/** torch iterates in bfloat16, ours in float32. */
function muonCase(shape: Shape): BenchCase {
  const { peer, arguments: options } = torchPeer("Muon");
  const { fused: _, ...rest } = options;
  return recipeCase({
    shape,
    recipe: () => muon({ lr }),
    stateBytes: { updated: 4 * numel(shape) },
    peers: [{ name: "torch.optim.Muon", peer, arguments: rest }],
  });
}

export const cases: BenchCase[] = [muonCase([1024, 1024]), muonCase([1024, 4096])];
