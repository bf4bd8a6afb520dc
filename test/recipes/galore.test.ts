import { galore } from "lean-optim";
import { lowRankCases } from "../support/low-rank-cases.js";
import { testRecipe } from "../support/recipe-tests.js";
import { refusal } from "../support/refusal.js";
import { subspaceShapes } from "../support/subspace-cases.js";

const oracle = { moment1: "lowRank", eps: 1e-6, scale: 0.25, onRefresh: "keep" } as const;

testRecipe({
  recipe: galore,
  defaults: { ...oracle, lr: 0.01, betas: [0.9, 0.999], gap: 200 },
  options: { lr: 0.05, rank: 2, updateProjGap: 3 },
  oracle: { ...oracle, rank: 2, gap: 3 },
  parameters: subspaceShapes,
  cases: [
    ...lowRankCases,
    ...(["powerIteration", "svd"] as const).map((projector) => ({
      title: `${projector}, a basis on either side`,
      options: { projector, side: "full" as const },
      oracle: { side: "full" as const },
    })),
    {
      title: "compat galore",
      options: { compat: "galore", weightDecay: 0.3 },
      oracle: {
        biasCorrection: { first: true, second: true, mode: "hf" },
        weightDecay: 0.3,
        decayMode: "after",
        offset: 0,
      },
    },
  ],
});

test("compat galore takes singular vectors, unless another projector is asked for", () => {
  const projectorOf = (options: Parameters<typeof galore>[0]) =>
    (galore(options).momentum as unknown as { projector: { kind: string } }).projector.kind;
  expect(projectorOf({ compat: "galore" })).toBe("svd");
  expect(projectorOf({ compat: "galore", projector: "powerIteration" })).toBe("powerIteration");
  expect(projectorOf({})).toBe("powerIteration");
});

test.each([
  [{ projector: "topK" }, "projector", "topK"],
  [{ side: "full", projector: "given" }, "side", "full"],
  [{ side: "full", onRefresh: "restart" }, "onRefresh", "restart"],
] as const)("%p is refused", (options, parameter, value) => {
  expect(() => galore(options)).toThrow(refusal("ERR_LEAN_UNSUPPORTED", parameter, value));
});

test("a rotation of second moments is refused", () => {
  expect(() => galore({ onRefresh: "rotate" as never })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "onRefresh", "rotate"),
  );
});

test("a delay that it does not have is refused", () => {
  expect(() => galore({ refreshDelay: 1 } as never)).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "refreshDelay", 1),
  );
});
