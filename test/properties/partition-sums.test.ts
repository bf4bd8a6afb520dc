/** However a weight is cut, the sums over its subsets add up to the squared norm of its gradient. */
import { adagradSN, adagradSNSM, Optimizer, type PartitionOption } from "lean-optim";
import { randomFloats, valuesOf } from "../support/dtypes.js";
import { countOf, shapes } from "../support/shapes.js";

const partitions: readonly PartitionOption[] = [
  "heuristics",
  "row",
  "column",
  "tensor",
  "elementwise",
  5,
  -2,
];

describe.each([
  ["adagradSN", adagradSN],
  ["adagradSNSM", adagradSNSM],
] as const)("%s", (_, recipe) => {
  test.each(partitions)("partition %p", (partition) => {
    const params = shapes.map(({ name, shape, batched }, i) => {
      const count = countOf(shape);
      return { name, shape, batched, data: new Float32Array(count), grad: randomFloats(count, i) };
    });
    const sums = (options: object) => {
      const optimizer = new Optimizer([{ params, optimizer: recipe({ partition }) }], options);
      optimizer.step();
      const state = optimizer.stateDict();
      return params.map(({ name }) =>
        valuesOf(state, `${name}.exp_avg_sq`).reduce((a, b) => a + b),
      );
    };
    const norms = params.map(({ grad }) => grad.reduce((sum, g) => sum + g * g, 0));
    // Taken on the way, and beforehand.
    for (const found of [sums({}), sums({ skipNonFinite: true })]) {
      found.forEach((sum, i) => {
        expect(sum / (norms[i] as number)).toBeCloseTo(1, 6);
      });
    }
  });
});
