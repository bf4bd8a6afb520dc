import { adagrad, adamSNSM, adamw, sgd } from "lean-optim";
import { layOut, stateTensors } from "../lib/layout.js";
import { weightOf } from "./support/weights.js";

const tall = weightOf([12, 5], { name: "tall", dtype: "bfloat16" });
const experts = weightOf([3, 6, 4], { name: "experts", batched: true });

test("one after another, each at a multiple of a cache line", () => {
  const layout = layOut([
    { weight: tall, recipe: adamSNSM({ rank: 2 }) },
    { weight: experts, recipe: adamw() },
  ]);
  const tensors = [...stateTensors(layout)];
  expect(tensors.map(({ name, shape, dtype, bytes }) => [name, shape, dtype, bytes])).toEqual([
    ["tall.counters", [8], "int64", 64],
    ["tall.exp_avg", [12, 2], "bfloat16", 48],
    ["tall.basis", [5, 2], "bfloat16", 20],
    ["tall.exp_avg_sq", [12, 1], "float32", 48],
    ["experts.counters", [3, 8], "int64", 192],
    ["experts.exp_avg", [3, 6, 4], "float32", 288],
    ["experts.exp_avg_sq", [3, 6, 4], "float32", 288],
  ]);
  expect(tensors.map(({ offset }) => offset)).toEqual([0, 64, 128, 192, 256, 448, 768]);
  expect(layout.bytes).toBe(1088);
});

test("tensors know what they start from, and line numbers how many lines there are", () => {
  const layout = layOut([
    { weight: tall, recipe: adamSNSM({ rank: 2, projector: "topK" }) },
    { weight: experts, recipe: adagrad({ initialAccumulatorValue: 0.5 }) },
  ]);
  const [first, second] = layout.weights;
  expect(first?.state.get("index")).toMatchObject({ dtype: "int32", shape: [2], lines: 12 });
  expect(second?.state.get("exp_avg_sq")).toMatchObject({ fill: 0.5 });
});

test("a weight without state has its counters", () => {
  const layout = layOut([{ weight: tall, recipe: sgd() }]);
  expect([...stateTensors(layout)].map(({ key }) => key)).toEqual(["counters"]);
});

test("nothing takes no bytes", () => {
  expect(layOut([])).toEqual({ weights: [], bytes: 0 });
});
