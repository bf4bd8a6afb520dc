import { adamSNSM } from "lean-optim";
import { momentCases, testRecipe } from "../support/recipe-tests.js";
import { subsetCases } from "../support/subset-cases.js";
import { subspaceCases, subspaceShapes } from "../support/subspace-cases.js";

const oracle = { moment1: "subspace", moment2: "subset" } as const;
const hf = { first: true, second: true, mode: "hf" } as const;

testRecipe({
  recipe: adamSNSM,
  defaults: { ...oracle, lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [
    ...subsetCases,
    ...subspaceCases,
    ...momentCases,
    { title: "bias hf", options: { bias: "hf" }, oracle: { biasCorrection: hf } },
    {
      title: "compat sn-sm",
      options: { compat: "sn-sm", weightDecay: 0.3, partition: 7 },
      oracle: {
        biasCorrection: hf,
        weightDecay: 0.3,
        decayMode: "after",
        offset: 2,
        onRefresh: "published",
        partition: 7,
        blockRule: "divisor",
      },
    },
    {
      title: "compat galore",
      options: { compat: "galore" },
      oracle: { biasCorrection: hf, decayMode: "after", offset: 0, onRefresh: "keep" },
    },
    {
      title: "a part of compat sn-sm alone",
      options: { compat: "sn-sm", onRefresh: "restart", bias: "torch", refreshOffset: 1 },
      oracle: { decayMode: "after", offset: 1, blockRule: "divisor" },
    },
  ],
});
