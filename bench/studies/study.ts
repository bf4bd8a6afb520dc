/** What a study is, and what is made of its numbers: slopes, verdicts and sentences. */

import { fitSlope, geometricMean, type Slope } from "./slope.js";

/** What was measured at one place, once with each seed. */
export interface Measurement {
  readonly x: number;
  readonly values: readonly number[];
}

/** What a study measured of one method, and what it was expected to be. */
export interface Measured {
  readonly name: string;
  readonly measurements: readonly Measurement[];
  /** The slope on the log-log plot that theory gives; without one nothing is judged. */
  readonly predicted?: number;
  /** Only measurements from here on are of the regime that the prediction is about. */
  readonly from?: number;
}

/**
 * Of the slope of an error, where less is better. Predictions come from upper bounds, which "better"
 * does not contradict; but then it was not they that were seen.
 */
export type Verdict = "held" | "better" | "worse" | "unclear";

export interface Curve extends Measured {
  readonly fit: Slope;
  readonly verdict?: Verdict;
}

export interface PlotOf<Line> {
  /** Of its file: bench/results/convergence-<id>.svg. */
  readonly id: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** What x is called in a sentence: "T", "d". */
  readonly symbol: string;
  readonly curves: readonly Line[];
  /** What is to be said where a prediction did not hold: why, as far as is known. */
  readonly otherwise?: string;
}

export type Plot = PlotOf<Curve>;

/** Claims of one paper, tried. `Size` says how large: the command runs `full`, tests less. */
export interface Study<Size = unknown> {
  readonly id: string;
  readonly title: string;
  /** Markdown: the claim, the problem it is tried on, and where the predicted slopes come from. */
  readonly about: string;
  readonly full: Size;
  run(size: Size): readonly PlotOf<Measured>[];
}

/** Seeds of so many runs. */
export const seedsOf = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** A slope as far off its prediction is still said to agree with it. */
export const TOLERANCE = 0.1;

export function judge({ slope, standardError }: Slope, predicted: number): Verdict {
  const distance = slope - predicted;
  if (2 * standardError > TOLERANCE && Math.abs(distance) < TOLERANCE + 2 * standardError) {
    return "unclear";
  }
  if (Math.abs(distance) <= TOLERANCE) return "held";
  return distance < 0 ? "better" : "worse";
}

export function curveOf(measured: Measured): Curve {
  const { measurements, predicted, from = 0 } = measured;
  const fit = fitSlope(
    measurements
      .filter(({ x }) => x >= from)
      .map(({ x, values }) => ({ x, y: geometricMean(values) })),
  );
  if (predicted === undefined) return { ...measured, fit };
  return { ...measured, fit, verdict: judge(fit, predicted) };
}

const verdicts: Readonly<Record<Verdict, string>> = {
  held: "held",
  better: "did not hold: it was better than the bound",
  worse: "did not hold: it was worse",
  unclear: "cannot be told from these points",
};

/** "**AdaGrad**: d^1 was predicted and d^(0.98 ± 0.004) measured: held." */
export function sentenceOf({ name, fit, predicted, verdict }: Curve, symbol: string): string {
  const measured = `${symbol}^(${number(fit.slope)} ± ${fit.standardError.toFixed(3)})`;
  if (predicted === undefined || verdict === undefined) return `**${name}**: ${measured} measured.`;
  return `**${name}**: ${symbol}^${number(predicted)} was predicted and ${measured} measured: ${verdicts[verdict]}.`;
}

/** With a minus that is as wide as a plus. */
function number(value: number): string {
  const digits = Number.isInteger(value) ? String(value) : value.toFixed(2);
  return digits.replace("-", "−");
}
