/** Bases that are adopted later than they are computed. That steps with them are right is the recipes' tests' matter. */
import { adamSM, adamSNSM, Optimizer, type Recipe } from "lean-optim";
import { Mirrored } from "../../lib/cli/verify/mirrored.js";
import { backends, hasKernelsOf } from "../support/backends.js";
import { snapshot } from "../support/bits.js";
import { randomArray } from "../support/dtypes.js";
import { refusal } from "../support/refusal.js";
import { shapes } from "../support/shapes.js";
import { walk } from "../support/walk.js";

const options = { lr: 0.05, rank: 2, updateProjGap: 4, refreshOffset: 0 } as const;
const oracle = { moment1: "subspace", rank: 2, gap: 4, offset: 0 } as const;
const matrices = shapes.filter(({ name }) => ["tall", "wide", "square", "experts"].includes(name));

const runs = backends().flatMap((device) =>
  (["powerIteration", "svd"] as const)
    .filter((projector) => hasKernelsOf(adamSM({ projector }), device))
    .map((projector) => ({ device, projector })),
);

describe.each(runs)("$projector on $device", ({ device, projector }) => {
  const late = (refreshDelay: number): Recipe => adamSM({ ...options, projector, refreshDelay });

  function make(recipe: Recipe, data = randomArray(60, 1, "float32")) {
    const weight = new Mirrored(device, data);
    const params = [{ name: "w", shape: [12, 5], dtype: "float32", data: weight.handle }] as const;
    const optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
    const step = (t: number | null) => {
      const grad = t === null ? null : new Mirrored(device, randomArray(60, 100 + t, "float32"));
      optimizer.step({ grads: { w: grad === null ? null : grad.handle } });
      optimizer.synchronize();
    };
    const bits = () => snapshot(optimizer, [weight.refresh()]);
    return { optimizer, weight, step, bits };
  }

  test.each([
    ["the gradient's step", 5],
    ["the step of its adoption", 7],
  ])("a skipped step: %s", (_, skipped) => {
    const optimizer = walk({
      recipe: adamSNSM({ ...options, projector, refreshDelay: 2, onRefresh: "rotate" }),
      oracle: { ...oracle, moment2: "subset", onRefresh: "rotate", delay: 2, skipNonFinite: true },
      parameters: matrices,
      options: { device, skipNonFinite: true },
      steps: 11,
      disturb: (grad, step) => {
        if (step === skipped) grad[3] = Number.NaN;
      },
    });
    // Due at calls 1, 5 and 9: what was due on a skipped step is not made up for.
    const [{ refreshes }] = optimizer.counters("tall");
    expect(refreshes).toBe(skipped === 5 ? 2 : 3);
  });

  test("calls without a gradient do not count", () => {
    const [whole, gaps] = [make(late(2)), make(late(2))];
    for (let t = 1; t <= 9; t++) {
      whole.step(t);
      if (t % 2 === 0) gaps.step(null);
      gaps.step(t);
      if (t === 6) gaps.step(null);
    }
    expect(gaps.optimizer.counters("w")).toEqual(whole.optimizer.counters("w"));
    expect(gaps.weight.refresh()).toEqual(whole.weight.refresh());
  });

  test("a basis is used d calls after its gradient, and not before", () => {
    const { optimizer, step } = make(late(3));
    const seen: string[] = [];
    for (let t = 1; t <= 10; t++) {
      step(t);
      const { "w.next_call": call, "w.basis": basis } = optimizer.stateDict();
      seen.push(`${call.data[0]} ${Buffer.from(basis.data.buffer).toString("base64").slice(0, 8)}`);
    }
    const [first, second] = [seen[0], seen[7]].map((each) => each.split(" ")[1]);
    expect(second).not.toBe(first);
    expect(seen).toEqual([
      ...Array(4).fill(`0 ${first}`), // calls 1 to 4
      ...Array(3).fill(`5 ${first}`), // 5 to 7
      ...Array(1).fill(`0 ${second}`), // 8
      ...Array(2).fill(`9 ${second}`), // 9 and 10
    ]);
  });

  test.each([5, 6, 7])(
    "saved after call %d and taken up again, it goes on bit for bit",
    (pause) => {
      const whole = make(late(2));
      for (let t = 1; t <= pause; t++) whole.step(t);
      const resumed = make(late(2), whole.weight.refresh().slice());
      resumed.optimizer.loadStateDict(whole.optimizer.stateDict());
      for (let t = pause + 1; t <= 12; t++) {
        whole.step(t);
        resumed.step(t);
      }
      expect(resumed.bits()).toEqual(whole.bits());
    },
  );
});

test("without a delay there is no more state, with one a second basis", () => {
  const bytes = (refreshDelay?: number) => {
    const params = [{ name: "w", shape: [64, 32], data: new Float32Array(2048) }];
    const recipe = adamSM({ ...options, refreshDelay });
    return new Optimizer([{ params, optimizer: recipe }]).memory().byKind;
  };
  expect(bytes(0)).toEqual(bytes());
  expect(bytes(2).basis).toBe(2 * bytes().basis);
  expect(bytes(2).counters).toBe(bytes().counters + 8);
});

test("what cannot be", () => {
  const made = (more: object) => () => adamSM({ ...options, ...more });
  for (const refreshDelay of [4, -1, 0.5]) {
    const wrong = refusal("ERR_LEAN_INVALID_ARG", "refreshDelay", refreshDelay);
    expect(made({ refreshDelay })).toThrow(wrong);
  }
  for (const projector of ["topK", "uniform", "given"]) {
    const unsupported = refusal("ERR_LEAN_UNSUPPORTED", "refreshDelay", 1);
    expect(made({ refreshDelay: 1, projector })).toThrow(unsupported);
  }
});
