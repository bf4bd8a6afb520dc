/** Weights of bfloat16 rounded up or down with the probabilities that keep the mean. */
import { adamSNSM, Optimizer, sgd } from "lean-optim";
import { decodeBfloat16, encodeBfloat16 } from "../oracle/rounding.js";
import { bitsOf } from "../support/bits.js";
import { encode, weightTypes } from "../support/dtypes.js";
import { gradientsAt, model } from "../support/model.js";
import { subspaceShapes } from "../support/subspace-cases.js";

const count = 4000;

/** Weights of 1 after a step of size `change` down, each. */
function stepped(change: number, seed = 0): Uint16Array {
  const data = encode(new Float64Array(count).fill(1), "bfloat16") as Uint16Array;
  const grad = new Float32Array(count).fill(change);
  const optimizer = new Optimizer(
    [
      {
        params: [{ name: "w", data, dtype: "bfloat16", grad }],
        optimizer: sgd({ lr: 1, rounding: "stochastic" }),
      },
    ],
    { seed },
  );
  optimizer.step();
  return data;
}

test.each([0.1, 0.5, 0.9, 0.01])("%d of the way down: so many of them", (share) => {
  // Below 1 the next bfloat16 is 1 − 2⁻⁸.
  const values = Array.from(stepped(share * 2 ** -8), decodeBfloat16);
  expect(new Set(values)).toEqual(new Set([1, 1 - 2 ** -8]));
  const down = values.filter((value) => value < 1).length;
  const deviation = Math.sqrt(count * share * (1 - share));
  // Four standard deviations, of which the seed is within.
  expect(Math.abs(down - count * share)).toBeLessThan(4 * deviation);
});

test("what is a bfloat16 stays what it is", () => {
  expect(new Set(stepped(0.25))).toEqual(new Set([encodeBfloat16(0.75)]));
  expect(new Set(stepped(0))).toEqual(new Set([encodeBfloat16(1)]));
});

test("the seed decides, and a step does not repeat the one before", () => {
  expect(bitsOf(stepped(2 ** -10, 1))).toBe(bitsOf(stepped(2 ** -10, 1)));
  expect(bitsOf(stepped(2 ** -10, 1))).not.toBe(bitsOf(stepped(2 ** -10, 2)));
  const data = encode(new Float64Array(count).fill(1), "bfloat16") as Uint16Array;
  const grad = new Float32Array(count).fill(2 ** -9);
  const optimizer = new Optimizer([
    {
      params: [{ name: "w", data, dtype: "bfloat16", grad }],
      optimizer: sgd({ lr: 1, rounding: "stochastic" }),
    },
  ]);
  optimizer.step();
  const first = data.slice();
  data.fill(encodeBfloat16(1));
  optimizer.step();
  expect(bitsOf(data)).not.toBe(bitsOf(first));
});

test("parameters are rounded independently of each other", () => {
  const params = ["a", "b"].map((name) => ({
    name,
    dtype: "bfloat16" as const,
    data: encode(new Float64Array(count).fill(1), "bfloat16"),
    grad: new Float32Array(count).fill(2 ** -9),
  }));
  new Optimizer([{ params, optimizer: sgd({ lr: 1, rounding: "stochastic" }) }]).step();
  const [a, b] = params.map(({ data }) => Array.from(data)) as [number[], number[]];
  const same = a.filter((value, i) => value === b[i]).length;
  expect(Math.abs(same - count / 2)).toBeLessThan(4 * Math.sqrt(count / 4));
});

const bfloat16 = weightTypes[1];

test.each(["powerIteration", "topK"] as const)(
  "every kind of step rounds to a neighbour of what it would be in float32: %s",
  (projector) => {
    const recipe = (rounding: "nearest" | "stochastic") =>
      adamSNSM({ lr: 0.05, rank: 2, projector, rounding });
    const rounded = model(recipe("stochastic"), { type: bfloat16 });
    const nearest = model(recipe("nearest"), { type: bfloat16 });
    const grads = gradientsAt(1, subspaceShapes, bfloat16);
    rounded.optimizer.step({ grads });
    nearest.optimizer.step({ grads });
    let different = 0;
    rounded.weights.forEach((weight, i) => {
      const reference = nearest.weights[i] as Uint16Array;
      weight.forEach((bits, k) => {
        // Both are neighbours of one value, so they are the same or next to each other.
        expect(Math.abs(bits - (reference[k] as number))).toBeLessThanOrEqual(1);
        if (bits !== reference[k]) different += 1;
      });
    });
    expect(different).toBeGreaterThan(50);
  },
);

test("other types are rounded to the nearest", () => {
  for (const type of weightTypes.filter(({ dtype }) => dtype !== "bfloat16")) {
    const [plain, asked] = (["nearest", "stochastic"] as const).map((rounding) => {
      const made = model(sgd({ lr: 0.05, rounding }), { type });
      made.optimizer.step({ grads: gradientsAt(1, subspaceShapes, type) });
      return made.weights.map(bitsOf);
    });
    expect(asked).toEqual(plain);
  }
});
