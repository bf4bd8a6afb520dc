import { adamSNSM, adamw, Optimizer, projectors } from "lean-optim";
import { frobeniusNorm, matrix } from "./oracle/matrix.js";
import { nextRefresh } from "./oracle/schedule.js";
import { project } from "./oracle/subspace.js";
import { basisOf, subspaceOptimizer } from "./support/bases.js";
import { randomFloats } from "./support/dtypes.js";
import { decayingMatrix } from "./support/gradients.js";
import { refusal } from "./support/refusal.js";

const [rows, cols] = [40, 12];
const gradient = (seed: number) => Float32Array.from(decayingMatrix(rows, cols, 0.7, seed).data);

describe("projections()", () => {
  test("one entry for each matrix that has one", () => {
    const params = [
      { name: "experts", shape: [2, 8, 6], batched: true, data: randomFloats(96, 1) },
      { name: "vector", data: randomFloats(5, 2) },
    ];
    const optimizer = new Optimizer([
      { params, optimizer: adamSNSM({ rank: 2, updateProjGap: 7 }) },
      { params: [{ name: "w", shape: [4, 4], data: randomFloats(16, 3) }], optimizer: adamw() },
      {
        params: [{ name: "lines", shape: [8, 6], data: randomFloats(48, 4) }],
        optimizer: adamSNSM({ rank: 3, projector: "topK" }),
      },
    ]);
    const grads = { experts: randomFloats(96, 5), lines: randomFloats(48, 6) };
    optimizer.step({ grads });
    const common = { refreshes: 1, refused: 0 };
    expect(optimizer.projections()).toEqual([
      { name: "experts", matrix: 0, rank: 2, gap: 7, ...common },
      { name: "experts", matrix: 1, rank: 2, gap: 7, ...common },
      { name: "lines", matrix: 0, rank: 3, gap: 200, ...common },
    ]);
    optimizer.dispose();
    expect(() => optimizer.projections()).toThrow("the optimizer was disposed");
  });

  test("of bases that the caller gives there is no gap to tell", () => {
    const optimizer = subspaceOptimizer([6, 4], { rank: 2, projector: projectors.given() });
    expect(optimizer.projections()).toEqual([
      { name: "w", matrix: 0, rank: 2, refreshes: 0, refused: 0 },
    ]);
  });

  test("with reports: what each refresh captured, how far it turned, and what it took", () => {
    const data = new Float32Array(rows * cols);
    const optimizer = new Optimizer(
      [
        {
          params: [{ name: "w", shape: [rows, cols], data }],
          optimizer: adamSNSM({ rank: 4, updateProjGap: 1 }),
        },
      ],
      { projectionReports: true },
    );
    expect(optimizer.projections()[0]).not.toHaveProperty("captured");
    for (const seed of [1, 2]) {
      const grad = gradient(seed);
      const before = seed === 1 ? undefined : basisOf(optimizer);
      optimizer.step({ grads: { w: grad } });
      const [report] = optimizer.projections();
      const basis = basisOf(optimizer);
      const values = matrix(rows, cols, grad);
      const captured =
        frobeniusNorm(project(values, basis, "right")) ** 2 / frobeniusNorm(values) ** 2;
      expect(report?.captured).toBeCloseTo(captured, 5);
      expect(report?.milliseconds).toBeGreaterThan(0);
      if (before === undefined) {
        expect(report?.overlap).toBeUndefined();
      } else {
        const overlap =
          frobeniusNorm(project(matrix(cols, 4, basis.data), before, "left")) ** 2 / 4;
        expect(report?.overlap).toBeCloseTo(overlap, 5);
      }
    }
    const kept = optimizer.projections()[0]?.captured;
    optimizer.step({ grads: { w: new Float32Array(rows * cols) } });
    expect(optimizer.projections()[0]).toMatchObject({ refreshes: 2, refused: 1, captured: kept });
  });
});

test("a gap that follows the drift doubles while the subspace stays, up to its limit", () => {
  const updateProjGap = { drift: 1, min: 1, max: 4 };
  const options = { rank: 4, updateProjGap, refreshOffset: 0, projector: "srht" } as const;
  const optimizer = subspaceOptimizer([rows, cols], options, { grad: gradient(1) });
  const reports = Array.from({ length: 12 }, () => {
    optimizer.step();
    return optimizer.projections()[0];
  });
  expect(reports.map((report) => report?.gap)).toEqual([1, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  expect(reports.map((report) => report?.refreshes)).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5]);
});

test("and halves when it turns, down to its limit", () => {
  const updateProjGap = { drift: 0, min: 3, max: 9 };
  const options = { rank: 4, updateProjGap, refreshOffset: 0, projector: "gaussian" } as const;
  const optimizer = subspaceOptimizer([rows, cols], options, { grad: gradient(1) });
  for (let step = 0; step < 10; step++) optimizer.step();
  expect(optimizer.projections()[0]).toMatchObject({ gap: 3, refreshes: 4 });
});

test.each([
  [{ drift: 1.5 }, "updateProjGap.drift", 1.5],
  [{ drift: -0.1 }, "updateProjGap.drift", -0.1],
  [{ min: 0 }, "updateProjGap.min", 0],
  [{ min: 10, max: 9 }, "updateProjGap.max", 9],
])("%p is refused", (updateProjGap, option, value) => {
  expect(() => adamSNSM({ updateProjGap })).toThrow(refusal("ERR_LEAN_INVALID_ARG", option, value));
});

test("for lines, a drift is refused", () => {
  const updateProjGap = { drift: 0.5 };
  expect(() => adamSNSM({ projector: "topK", updateProjGap })).toThrow(
    refusal("ERR_LEAN_UNSUPPORTED", "updateProjGap", updateProjGap),
  );
});

test("resumes in the middle of a gap, bit for bit", () => {
  const build = () =>
    subspaceOptimizer([rows, cols], { rank: 4, updateProjGap: { drift: 0.3, min: 2, max: 8 } });
  const whole = build();
  const steps = 20;
  const first = build();
  for (let step = 0; step < steps; step++) {
    const grads = { w: gradient(1 + (step >> 2)) };
    whole.step({ grads });
    if (step < 9) first.step({ grads });
  }
  const second = build();
  second.loadStateDict(first.stateDict());
  for (let step = 9; step < steps; step++) second.step({ grads: { w: gradient(1 + (step >> 2)) } });
  expect(second.stateDict()).toEqual(whole.stateDict());
  expect(second.projections()).toEqual(whole.projections());
});

test("the oracle's schedule, step by step", () => {
  const settings = { drift: 0.4, minGap: 2, maxGap: 16, offset: 0 };
  const { drift, minGap: min, maxGap: max } = settings;
  const optimizer = subspaceOptimizer([rows, cols], {
    rank: 4,
    updateProjGap: { drift, min, max },
    refreshOffset: 0,
  });
  let schedule = { gap: 0, due: 1 };
  let refreshes = 0;
  for (let step = 1; step <= 60; step++) {
    const before = step === 1 ? undefined : basisOf(optimizer);
    optimizer.step({ grads: { w: gradient(step < 25 ? 1 : step) } });
    if (step >= schedule.due) {
      refreshes += 1;
      const basis = basisOf(optimizer);
      const overlap = before && frobeniusNorm(project(basis, before, "left")) ** 2 / 4;
      schedule = nextRefresh(schedule, settings, step, overlap);
    }
    expect(optimizer.projections()[0]).toMatchObject({ refreshes, gap: schedule.gap });
  }
  expect(schedule.gap).toBeLessThan(16);
});
