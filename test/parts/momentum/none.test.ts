import { momentums } from "lean-optim";
import { refusal } from "../../support/refusal.js";
import { weightOf } from "../../support/weights.js";

test("keeps nothing", () => {
  const { state, step, scalars, refresh } = momentums.none().plan(weightOf([4, 3]));
  expect({ state, step, scalars, refresh }).toEqual({
    state: [],
    step: "denseStep",
    scalars: { momentum: "none", beta1: 0 },
  });
});

test("takes no options", () => {
  expect(() => momentums.none({ beta: 0.9 })).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "beta", 0.9),
  );
});
