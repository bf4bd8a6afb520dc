import { adamSNSM, Optimizer } from "lean-optim";
import { randomFloats } from "./support/dtypes.js";
import { refusal } from "./support/refusal.js";

describe("counters", () => {
  test("are of every matrix", () => {
    const params = [
      { name: "experts", shape: [3, 6, 4], batched: true, data: randomFloats(72, 1) },
      { name: "vector", data: randomFloats(5, 2) },
    ];
    const optimizer = new Optimizer([
      { params, optimizer: adamSNSM({ rank: 2, updateProjGap: 1 }) },
    ]);
    optimizer.step({ grads: { experts: randomFloats(72, 3) } });
    optimizer.step({ grads: { vector: randomFloats(5, 4) } });
    const all = { skipped: 0, refused: 0 };
    const matrix = { calls: 2, updates: 2, sinceBasis: 1, hasBasis: 1, refreshes: 2, ...all };
    expect(optimizer.counters("experts")).toEqual([matrix, matrix, matrix]);
    expect(optimizer.counters("vector")).toEqual([
      { calls: 1, updates: 1, sinceBasis: 1, hasBasis: 0, refreshes: 0, ...all },
    ]);
    expect(() => optimizer.counters("matrix")).toThrow(refusal("ERR_LEAN_UNKNOWN_NAME", "matrix"));
  });
});
