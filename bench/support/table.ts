/** Results as Markdown tables, for the terminal and for docs/benchmarks.md. */

import type { CaseResult, Comparison, Fact, Results, Transcription } from "./result.js";

function span({ lower, median, upper }: Comparison["ms"]): string {
  return `${median} [${lower}, ${upper}]`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

export function caseTable(cases: readonly CaseResult[]): string {
  const number = (value: number | undefined) => (value === undefined ? "" : String(value));
  const heads = [
    "suite",
    "case",
    "ms [quartiles]",
    "GB/s",
    "% of copy",
    "GFLOP/s",
    "times the peer",
    "rounds",
  ];
  return table(
    heads,
    cases.map((result) => [
      result.suite,
      result.name,
      span(result.ms),
      number(result.gbPerSecond),
      number(result.percentOfCopy),
      number(result.gflopPerSecond),
      result.against.map(({ peer, ratio }) => `${ratio.median} ${peer}`).join("; "),
      `${result.rounds.kept} of ${result.rounds.taken}`,
    ]),
  );
}

function verdict(met: boolean | undefined): string {
  return met ? "met" : "**not met**";
}

function goalOfCase({ suite, name, ms }: CaseResult, comparison: Comparison): string[] {
  const { peer, ratio, atMost, met } = comparison;
  return [
    `${suite.split("/").at(-1)} ${name}`,
    `at most ${atMost} of ${peer}`,
    `${span(ratio)}: ${ms.median} ms / ${comparison.ms.median} ms`,
    verdict(met),
  ];
}

function goalOfFact({ suite, name, value, unit, atMost, met }: Fact): string[] {
  const label = `${suite.split("/").at(-1)}: ${name}`;
  return [label, `at most ${atMost} ${unit}`, `${value} ${unit}`, verdict(met)];
}

export function goalTable({ cases, facts }: Pick<Results, "cases" | "facts">): string {
  const timed = cases.flatMap((result) =>
    result.against
      .filter(({ atMost }) => atMost !== undefined)
      .map((comparison) => goalOfCase(result, comparison)),
  );
  const counted = facts.filter(({ atMost }) => atMost !== undefined).map(goalOfFact);
  return table(["what", "goal", "measured [quartiles]", "verdict"], [...timed, ...counted]);
}

export function factTable(facts: readonly Fact[]): string {
  return table(
    ["suite", "what", "value", "note"],
    facts.map(({ suite, name, value, unit, note }) => [
      suite,
      name,
      `${value} ${unit}`,
      note ?? "",
    ]),
  );
}

export function transcriptionTable(transcriptions: readonly Transcription[]): string {
  return table(
    ["case", "eager / published [quartiles]", "within 10 %", "distance of the parameters"],
    transcriptions.map(({ suite, name, ratio, distance }) => [
      `${suite.split("/").at(-1)} ${name}`,
      span(ratio),
      Math.abs(ratio.median - 1) <= 0.1 ? "yes" : "no",
      String(distance),
    ]),
  );
}
