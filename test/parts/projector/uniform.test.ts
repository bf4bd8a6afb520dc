import { momentums, type ProjectorOption, projectors } from "lean-optim";
import { linesOf, subspaceOptimizer } from "../../support/bases.js";
import { refusal } from "../../support/refusal.js";

const draws = (seed: number, count: number) => {
  const grad = new Float32Array(10 * 4).fill(1);
  const projector = "uniform" as const;
  const options = { rank: 3, projector, updateProjGap: 1 };
  const optimizer = subspaceOptimizer([10, 4], options, { grad, seed });
  return Array.from({ length: count }, () => {
    optimizer.step();
    return linesOf(optimizer);
  });
};

test("distinct lines in order, others at each refresh", () => {
  const drawn = draws(0, 20);
  for (const lines of drawn) {
    expect(lines).toHaveLength(3);
    expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
  }
  expect(new Set(drawn.map(String)).size).toBeGreaterThan(15);
});

test("a function of the seed", () => {
  expect(draws(7, 5)).toEqual(draws(7, 5));
  expect(draws(7, 5)).not.toEqual(draws(8, 5));
});

test("every line is as likely as any other", () => {
  const count = 600;
  const hits = new Array<number>(10).fill(0);
  for (const line of draws(1, count).flat()) hits[line] = (hits[line] as number) + 1;
  // Each is drawn with probability 0.3: four standard deviations, of which the seed is within.
  const deviation = Math.sqrt(count * 0.3 * 0.7);
  for (const hit of hits) expect(Math.abs(hit - 0.3 * count)).toBeLessThan(4 * deviation);
});

test("does not read the gradient", () => {
  const optimizer = subspaceOptimizer([10, 4], { rank: 3, projector: "uniform" });
  optimizer.step({ grads: { w: new Float32Array(40) } });
  expect(optimizer.counters("w")[0]).toMatchObject({ refreshes: 1, refused: 0, hasBasis: 1 });
});

test("takes no options", () => {
  expect(() => projectors.uniform({ seed: 3 })).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "seed", 3),
  );
});

test("is a projector on lines, and not to be made another", () => {
  const lines: ProjectorOption = { kind: "uniform", lines: false };
  expect(() => momentums.subspace({ projector: lines })).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "lines", false),
  );
  const data = JSON.parse(JSON.stringify(projectors.uniform()));
  expect(momentums.subspace({ projector: data })).toMatchObject({ projector: data });
});
