/** Processes that train. */
import type { Training } from "../../bench/comparison/training.js";
import { runTrainings } from "../../bench/comparison/workers.js";

const training: Training = {
  ...{ entry: "adamw", learningRate: 0.01, othersRate: 0.01, seed: 1, steps: 2, evaluations: 1 },
  ...{ layers: 1, width: 32, vocabulary: 128, tokens: 64, rank: 4, wholeTail: false },
};

test("what goes wrong in one ends the run, and says in which training", async () => {
  const queue = [training, { ...training, entry: "nobody" }, training];
  const finished: Training[] = [];
  const run = runTrainings(
    1,
    () => queue.shift(),
    (done) => finished.push(done),
  );
  await expect(run).rejects.toThrow(/nobody, learning rate 0\.01, seed 1: .*no entry "nobody"/s);
  expect(finished).toEqual([training]);
  expect(queue).toHaveLength(1);
}, 120_000);
