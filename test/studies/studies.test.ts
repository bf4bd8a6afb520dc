/** The studies of docs/convergence.md: what they are judged by, and each at a small size. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adaptiveBatch } from "../../bench/studies/adaptive-batch.js";
import { dimension } from "../../bench/studies/dimension.js";
import { errorFeedback } from "../../bench/studies/error-feedback.js";
import { picture } from "../../bench/studies/picture.js";
import { page, readFindings, summary } from "../../bench/studies/results.js";
import { geometricMean } from "../../bench/studies/slope.js";
import { studies } from "../../bench/studies/studies.js";
import {
  type Curve,
  curveOf,
  judge,
  type Measured,
  type PlotOf,
  type Study,
  sentenceOf,
} from "../../bench/studies/study.js";
import { subspaceMomentum } from "../../bench/studies/subspace-momentum.js";
import { setThreads } from "../../lib/index.js";

setThreads(1);

describe("a verdict", () => {
  const line = (slope: number, standardError = 0.01) => ({ slope, standardError, factor: 1 });

  test.each([
    ["held", -0.52, 0.01],
    ["held", -0.41, 0.01],
    ["better", -0.62, 0.01],
    ["worse", -0.38, 0.01],
    ["unclear", -0.5, 0.06],
    ["unclear", -0.35, 0.06],
    ["worse", 0, 0.06],
  ] as const)("is %s for %d ± %d where −0.5 was predicted", (verdict, slope, error) => {
    expect(judge(line(slope, error), -0.5)).toBe(verdict);
  });

  test("is of the points of the regime, and its sentence says so in numbers", () => {
    const law = (x: number) => (x < 10 ? 1 : 10 / x);
    const measurements = [1, 3, 10, 30, 100].map((x) => ({ x, values: [law(x) / 2, law(x) * 2] }));
    const curve = curveOf({ name: "it", measurements, predicted: -1, from: 10 });
    expect(curve.verdict).toBe("held");
    expect(sentenceOf(curve, "T")).toBe(
      "**it**: T^−1 was predicted and T^(−1.00 ± 0.000) measured: held.",
    );
    const { verdict } = curveOf({ name: "it", measurements, predicted: -0.5, from: 10 });
    expect(verdict).toBe("better");
  });
});

/** The curves of a study at a small size, by plot and name. */
function curvesOf<Size>(study: Study<Size>, size: Size): Record<string, Record<string, Curve>> {
  const named = ({ curves }: PlotOf<Measured>) =>
    Object.fromEntries(curves.map((curve) => [curve.name, curveOf(curve)]));
  return Object.fromEntries(study.run(size).map((plot) => [plot.id, named(plot)]));
}

const errors = ({ measurements }: Curve) => measurements.map(({ values }) => geometricMean(values));
const last = (curve: Curve) => errors(curve).at(-1) as number;

describe("small", () => {
  test("Subset-Norm depends less on the dimension, unless every rate is tuned", () => {
    const tuned = { sides: [6, 12, 24], steps: 512, seeds: 1 };
    const plots = curvesOf(dimension, { sides: [8, 16, 32], steps: 2048, seeds: 2, tuned });
    const {
      "AdaGrad-Norm": norm,
      AdaGrad: each,
      "Subset-Norm": subset,
    } = plots.dimension as Record<"AdaGrad-Norm" | "AdaGrad" | "Subset-Norm", Curve>;
    expect(each.fit.slope).toBeGreaterThan(0.85);
    expect(norm.fit.slope).toBeGreaterThan(0.85);
    expect(subset.fit.slope).toBeLessThan(0.83);
    expect(subset.fit.slope).toBeGreaterThan(0.65);
    expect(last(subset)).toBeLessThan(0.7 * Math.min(last(norm), last(each)));
    const best = Object.values(plots["dimension-tuned"] ?? {}).map(last);
    expect(Math.max(...best) / Math.min(...best)).toBeLessThan(1.25);
    const inQuiet = plots["dimension-one-row"] as Record<string, Curve>;
    const [quietNorm, ...quiet] = ["AdaGrad-Norm", "AdaGrad", "Subset-Norm"].map((name) =>
      last(inQuiet[name] as Curve),
    ) as [number, number, number];
    expect(Math.max(...quiet)).toBeLessThan(0.7 * quietNorm);
  }, 120_000);

  test("Subspace-Momentum converges as SGD, whatever its rank", () => {
    const size = { steps: [256, 512, 1024], noiseless: [64, 128, 256, 512], ranks: [1, 4, 16] };
    const plots = curvesOf(subspaceMomentum, { ...size, seeds: 1 });
    for (const { fit } of Object.values(plots["subspace-momentum"] ?? {})) {
      expect(fit.slope).toBeGreaterThan(-0.65);
      expect(fit.slope).toBeLessThan(-0.35);
    }
    for (const { fit } of Object.values(plots["subspace-momentum-noiseless"] ?? {})) {
      expect(fit.slope).toBeLessThan(-0.85);
    }
    const [byRank] = Object.values(plots["subspace-momentum-rank"] ?? {}) as [Curve];
    const found = errors(byRank);
    expect(Math.max(...found) / Math.min(...found)).toBeLessThan(1.2);
  }, 120_000);

  test("LDAdam converges by error feedback, and stalls without", () => {
    const plots = curvesOf(errorFeedback, { steps: [256, 1024, 4096], seeds: 1 });
    const { feedback, none, AdamW } = plots["error-feedback"] as Record<
      "feedback" | "none" | "AdamW",
      Curve
    >;
    expect(feedback.fit.slope).toBeLessThan(-0.35);
    expect(AdamW.fit.slope).toBeLessThan(-0.3);
    expect(none.fit.slope).toBeGreaterThan(-0.1);
    expect(last(feedback)).toBeLessThan(0.25 * last(none));
  }, 120_000);

  test("batches that grow save steps, and fixed ones samples", () => {
    const plots = curvesOf(adaptiveBatch, {
      dimension: 32,
      steps: 128,
      fixedSteps: 4096,
      seeds: 2,
    });
    const { growing, "fixed at 4": fixed } = plots["adaptive-batch"] as Record<
      "growing" | "fixed at 4",
      Curve
    >;
    expect(growing.fit.slope).toBeLessThan(-0.75);
    expect(fixed.fit.slope).toBeGreaterThan(-0.65);
    expect(fixed.fit.slope).toBeLessThan(-0.35);
    const error = last(growing);
    const reached = (curve: Curve) =>
      curve.measurements.find(({ values }) => geometricMean(values) <= error)?.x ?? Infinity;
    expect(reached(fixed)).toBeGreaterThan(4 * reached(growing));
    const samples = plots["adaptive-batch-samples"] as Record<string, Curve>;
    const [ofFixed, ofGrowing] = ["fixed at 4", "growing"].map((name) => samples[name] as Curve);
    expect(reached(ofFixed as Curve)).toBeLessThan(reached(ofGrowing as Curve));
  }, 120_000);

  test("the same seeds give the same numbers", () => {
    const run = () => errorFeedback.run({ steps: [64], seeds: 2 });
    const [first, second] = [run(), run()];
    expect(first).toEqual(second);
    const [{ measurements }] = (first[0] as PlotOf<Measured>).curves as [Measured];
    const [{ values }] = measurements as [Measured["measurements"][0]];
    expect(values[0]).not.toBe(values[1]);
  });
});

describe("what was found", () => {
  const findings = readFindings();

  test("is of every study", () => {
    expect(findings.map(({ id }) => id)).toEqual(studies.map(({ id }) => id));
  });

  test("is what docs/convergence.md says", () => {
    const text = readFileSync(join(__dirname, "../../docs/convergence.md"), "utf8");
    const section = /<!-- studies -->\n(.*)\n<!-- \/studies -->/s.exec(text)?.[1];
    expect(section).toBe(page(findings, studies));
  });

  test("is what README.md says of it", () => {
    const text = readFileSync(join(__dirname, "../../README.md"), "utf8");
    expect(text).toContain(`<!-- studies -->\n${summary(findings)}\n<!-- /studies -->`);
  });

  const plots = findings.flatMap(({ plots }) => plots);

  test.each(plots.map((plot) => [plot.id, plot] as const))(
    "%s is what its points say",
    (_, plot) => {
      for (const { name, measurements, predicted, from, fit, verdict } of plot.curves) {
        const again = curveOf({
          name,
          measurements,
          ...(predicted !== undefined && { predicted }),
          from,
        });
        expect(again.fit.slope).toBeCloseTo(fit.slope, 3);
        expect(again.verdict).toBe(verdict);
      }
    },
  );

  test.each(plots.map((plot) => [plot.id, plot] as const))("%s is drawn", (id, plot) => {
    const file = join(__dirname, `../../bench/results/convergence-${id}.svg`);
    const drawn = readFileSync(file, "utf8");
    expect(drawn).toBe(picture(plot));
    const guides = plot.curves.filter(({ predicted }) => predicted !== undefined);
    expect(drawn.match(/class="guide /g)).toHaveLength(guides.length);
    expect(drawn).not.toMatch(/NaN|undefined/);
  });
});
