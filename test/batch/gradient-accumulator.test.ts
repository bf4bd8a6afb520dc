import { adamw, Optimizer } from "lean-optim";
import { GradientAccumulator } from "../../lib/batch/gradient-accumulator.js";
import { deviceMemory } from "../../lib/device-memory.js";
import { groupSums } from "../oracle/batch-noise.js";
import { gaussians } from "../oracle/random.js";
import { backends } from "../support/backends.js";
import { refusal } from "../support/refusal.js";

const shapes = { w: [37, 53], b: [11] };
const names = Object.keys(shapes) as (keyof typeof shapes)[];
const sizes = { w: 37 * 53, b: 11 };

describe.each(backends())("on %s", (device) => {
  const isHost = device === "cpu";
  const memory = deviceMemory(device);
  const place = (array: Float32Array) => (isHost ? array : memory.fromHost(array));

  function optimizerOf(
    dtype: "float32" | "bfloat16" = "float32",
    gradDtype?: "float32",
  ): Optimizer {
    const params = names.map((name) => {
      const data =
        dtype === "float32" ? new Float32Array(sizes[name]) : new Uint16Array(sizes[name]);
      return {
        name,
        data: isHost ? data : memory.fromHost(data),
        shape: shapes[name],
        dtype,
        gradDtype,
      };
    });
    return new Optimizer([{ params, optimizer: adamw() }], { device });
  }

  const groupsOf = (count: number) =>
    Array.from({ length: count }, (_, k) => ({
      w: Float32Array.from(gaussians(sizes.w, 2 * k + 1)),
      b: Float32Array.from(gaussians(sizes.b, 2 * k + 2)),
    }));
  const placed = (group: { w: Float32Array; b: Float32Array }) => ({
    w: place(group.w),
    b: place(group.b),
  });
  const joined = ({ w, b }: { w: Float32Array; b: Float32Array }) =>
    Float64Array.from([...w, ...b]);

  test("sums and statistics are those of the groups, batch after batch", () => {
    using optimizer = optimizerOf();
    const accumulator = new GradientAccumulator(optimizer, { maxGroups: 4 });
    for (const count of [4, 2, 3]) {
      const groups = groupsOf(count);
      const grads = groups.map(placed);
      accumulator.reset();
      for (const grad of grads) accumulator.add(grad);
      for (const grad of grads) accumulator.multiply(grad);
      const found = accumulator.post(0)();
      const expected = groupSums(groups.map(joined));
      const near = (x: number, y: number) => expect(Math.abs(x / y - 1)).toBeLessThan(1e-5);
      expect(found.groups).toBe(count);
      near(found.sumOfSquares, expected.sumOfSquares);
      near(found.meanSquare, expected.meanSquare);
      expected.products.forEach((product, k) => {
        near(found.products?.[k] as number, product);
      });
    }
    accumulator.dispose();
  });

  test("products are there when every group has been multiplied", () => {
    using optimizer = optimizerOf();
    const accumulator = new GradientAccumulator(optimizer, { maxGroups: 2 });
    const grads = groupsOf(2).map(placed);
    for (const grad of grads) accumulator.add(grad);
    expect(accumulator.post(0)().products).toBeUndefined();
    accumulator.dispose();
  });

  test("a parameter without a gradient has one of zero", () => {
    using optimizer = optimizerOf();
    const accumulator = new GradientAccumulator(optimizer, { maxGroups: 2 });
    const [first, second] = groupsOf(2);
    accumulator.add(placed(first));
    accumulator.add({ w: place(second.w) });
    const { sumOfSquares } = accumulator.post(0)();
    const expected = groupSums([joined(first), joined({ ...second, b: new Float32Array(11) })]);
    expect(Math.abs(sumOfSquares / expected.sumOfSquares - 1)).toBeLessThan(1e-5);
    accumulator.dispose();
  });

  test("what was posted is what it was then", () => {
    using optimizer = optimizerOf();
    const accumulator = new GradientAccumulator(optimizer, { maxGroups: 2 });
    const [first, second] = groupsOf(2).map(placed);
    accumulator.add(first);
    const early = accumulator.post(0);
    accumulator.add(second);
    const late = accumulator.post(1);
    expect(early().groups).toBe(1);
    expect(late().sumOfSquares).toBeGreaterThan(early().sumOfSquares);
    accumulator.dispose();
  });

  test("more groups than were planned are refused", () => {
    using optimizer = optimizerOf();
    const accumulator = new GradientAccumulator(optimizer, { maxGroups: 2 });
    const grad = placed(groupsOf(1)[0]);
    accumulator.add(grad);
    accumulator.add(grad);
    expect(() => accumulator.add(grad)).toThrow(refusal("ERR_LEAN_INVALID_ARG", "grads", 3));
    accumulator.dispose();
  });

  test("an optimizer of 16-bit gradients is refused, one of 16-bit weights is not", () => {
    using narrow = optimizerOf("bfloat16");
    expect(() => new GradientAccumulator(narrow, { maxGroups: 2 })).toThrow(
      refusal("ERR_LEAN_DTYPE", "w", "bfloat16"),
    );
    using wide = optimizerOf("bfloat16", "float32");
    new GradientAccumulator(wide, { maxGroups: 2, gradDtype: "bfloat16" }).dispose();
  });

  test("gradients that do not fit are refused", () => {
    using optimizer = optimizerOf();
    const accumulator = new GradientAccumulator(optimizer, { maxGroups: 2 });
    const grad = { x: place(new Float32Array(1)) };
    expect(() => accumulator.add(grad)).toThrow(refusal("ERR_LEAN_UNKNOWN_NAME", "x"));
    expect(accumulator.groups).toBe(0);
    accumulator.dispose();
  });
});
