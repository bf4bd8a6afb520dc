import { secondMoments } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

test("keeps nothing and divides by nothing", () => {
  expect(secondMoments.none().plan(weightOf([4, 3]))).toEqual({
    state: [],
    partition: "none",
    block: 0,
    mean: false,
    scalars: { second: false, beta2: 0, eps: 1 },
  });
});

test("takes no options", () => {
  expect(() => secondMoments.none({ eps: 1 })).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "eps", 1),
  );
});
