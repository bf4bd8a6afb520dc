/** The oracle of LDAdam: along the published trajectories, and what must hold of every step. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { trajectoryError } from "./golden.js";
import { type GoldenFile, parseGoldenFile } from "./golden-file.js";
import { LdadamOracle } from "./ldadam.js";
import { frobeniusNorm, matrix, multiply, transpose } from "./matrix.js";
import { orthonormalityDefect } from "./orthonormal.js";
import { gaussians } from "./random.js";

const folder = join(__dirname, "..", "golden");
const files = readdirSync(folder).filter((file) => file.startsWith("ldadam_"));

function oracleOf({ metadata, tensors }: GoldenFile): LdadamOracle {
  const options = JSON.parse(metadata.options);
  const shape = JSON.parse(metadata.shape) as [number, number];
  return new LdadamOracle(
    {
      shape,
      // Published: square weights are projected from the left.
      side: shape[0] > shape[1] ? "right" : "left",
      rank: options.rank,
      beta1: options.betas[0],
      beta2: options.betas[1],
      rho: options.rho,
      eps: options.eps,
      lr: options.lr,
      weightDecay: options.weight_decay,
      errorFeedback: options.error_feedback,
      method: options.proj_method === "svd" ? "svd" : "powerIteration",
    },
    tensors.get("param_0")?.values ?? [],
  );
}

test("there are trajectories to follow", () => {
  expect(files).toHaveLength(12);
});

test.each(files)("%s", (name) => {
  const file = parseGoldenFile(readFileSync(join(folder, name)));
  const values = (tensor: string) => file.tensors.get(tensor)?.values as Float64Array;
  const oracle = oracleOf(file);
  for (let t = 1; t <= Number(file.metadata.steps); t++) {
    oracle.step(values(`grad_${t}`));
    const error = trajectoryError(oracle.param, values(`param_${t}`), values("param_0"));
    expect(error).toBeLessThanOrEqual(1e-4);
  }
});

describe.each(["left", "right"] as const)("on the %s", (side) => {
  const shape = [12, 9] as const;
  const walked = () => {
    const oracle = new LdadamOracle(
      {
        shape,
        side,
        rank: 3,
        beta1: 0.8,
        beta2: 0.95,
        rho: 0.7,
        eps: 1e-8,
        lr: 0.1,
        weightDecay: 0,
        errorFeedback: true,
        method: "powerIteration",
      },
      gaussians(108, 1),
    );
    for (let t = 1; t <= 4; t++) oracle.step(gaussians(108, 10 + t));
    return oracle;
  };

  test("bases are orthonormal, and the error has nothing in the newest", () => {
    const { basis, error } = walked();
    expect(orthonormalityDefect(basis)).toBeLessThan(1e-14);
    const left = matrix(...shape, error ?? []);
    const e = side === "left" ? left : transpose(left);
    expect(frobeniusNorm(multiply(transpose(basis), e))).toBeLessThan(1e-13);
  });

  test("what the gradients come to is in the momentum and the error", () => {
    // κ·back(m) + e grows by the gradient and falls by β1·(κ·back(m) + …): with κ = β1 / (1 − β1),
    // back(m)·κ/β1·β1 + e ← β1·… has A − back(g) + κ·back(m_old) − κ·back(m′) in it.
    const oracle = walked();
    const { beta1 } = oracle.options;
    const kappa = beta1 / (1 - beta1);
    const total = () => {
      const { basis, momentum, error } = oracle;
      const coordinates = side === "left" ? matrix(3, 9, momentum) : matrix(12, 3, momentum);
      const full =
        side === "left" ? multiply(basis, coordinates) : multiply(coordinates, transpose(basis));
      return Float64Array.from(full.data, (x, i) => kappa * x + (error?.[i] ?? 0));
    };
    const full = () => {
      const { basis, momentum } = oracle;
      const coordinates = side === "left" ? matrix(3, 9, momentum) : matrix(12, 3, momentum);
      return side === "left"
        ? multiply(basis, coordinates)
        : multiply(coordinates, transpose(basis));
    };
    const before = total();
    const grad = gaussians(108, 99);
    oracle.step(grad);
    const after = total();
    // κ·m_new = κ·(β1·m′ + (1 − β1)·g), so the sum falls by back(m_new) and grows by the gradient.
    const updated = full().data;
    after.forEach((x, i) => {
      expect(x + updated[i]).toBeCloseTo((before[i] as number) + (grad[i] as number), 12);
    });
  });
});
