/** torch.optim.Muon's recorded paths, which its iterations in bfloat16 take away from its equations. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { trajectoryError } from "./golden.js";
import { type GoldenFile, parseGoldenFile } from "./golden-file.js";
import { matrix, transpose } from "./matrix.js";
import { orthogonalFactor } from "./newton-schulz.js";
import { decodeBfloat16, encodeBfloat16 } from "./rounding.js";

const folder = join(__dirname, "..", "golden");
const cases = readdirSync(folder)
  .filter((name) => name.startsWith("torch_muon"))
  .map((name) => ({ name, file: parseGoldenFile(readFileSync(join(folder, name))) }));

const toBfloat16 = (x: number) => decodeBfloat16(encodeBfloat16(x));

/** How far the equations lead from the recorded path, by its end. */
function distance({ metadata, tensors }: GoldenFile, round?: (x: number) => number): number {
  const options = JSON.parse(metadata.options);
  const [rows, cols] = JSON.parse(metadata.shape) as [number, number];
  const { lr, weight_decay: decay, momentum: mu, ns_steps: steps, eps } = options;
  const of = (name: string) => tensors.get(name)?.values as Float64Array;
  const start = of("param_0");
  let [param, m] = [Float64Array.from(start), new Float64Array(start.length)];
  for (let t = 1; t <= Number(metadata.steps); t++) {
    const g = of(`grad_${t}`);
    m = m.map((x, i) => mu * x + (1 - mu) * g[i]);
    const n = matrix(
      rows,
      cols,
      m.map((x, i) => mu * x + (1 - mu) * g[i]),
    );
    // torch's products have the shorter side first.
    const isTall = rows > cols;
    const x = orthogonalFactor(isTall ? transpose(n) : n, { schedule: "muon", steps, eps, round });
    const direction = (isTall ? transpose(x) : x).data;
    const scale = Math.sqrt(Math.max(1, rows / cols));
    param = param.map((w, i) => (1 - lr * decay) * w - lr * scale * direction[i]);
  }
  return trajectoryError(param, of(`param_${metadata.steps}`), start);
}

test("there are three", () => expect(cases).toHaveLength(3));

test.each(cases)(
  "$name: with every product rounded as torch's, the path is the recorded one",
  ({ file }) => {
    expect(distance(file, toBfloat16)).toBeLessThan(2e-2);
  },
);

test.each(cases)("$name: without, it is not", ({ file }) => {
  const exact = distance(file);
  expect(exact).toBeGreaterThan(distance(file, toBfloat16));
  expect(exact).toBeLessThan(0.06);
});
