// Runs a doctest executable and makes a jest test of each of its cases.
import { spawnSync } from "node:child_process";
import path from "node:path";

interface Case {
  name: string;
  skipped: boolean;
  /** What the reporter wrote about it, once it has run. */
  report?: string;
  succeeded?: boolean;
  crash?: string;
}

interface Run {
  output: string;
  errors: string;
  /** How the process ended, where it did not end by itself. */
  crash?: string;
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const decode = (text: string) => text.replace(/&(\w+);/g, (all, name) => ENTITIES[name] ?? all);

const attribute = (text: string, name: string) => {
  const found = new RegExp(` ${name}="([^"]*)"`).exec(text);
  return found ? decode(found[1] as string) : undefined;
};

function run(executable: string, args: string[]): Run {
  const { stdout, stderr, status, signal, error } = spawnSync(
    executable,
    ["--reporters=xml", ...args],
    { encoding: "utf8", timeout: 600_000, maxBuffer: 1 << 28 },
  );
  if (error && !signal) throw error;
  // 1: a case has failed, which its report says.
  const crash = signal ?? (status !== 0 && status !== 1 ? `exit status ${status}` : undefined);
  return { output: stdout, errors: stderr, ...(crash && { crash }) };
}

function listCases(executable: string): Case[] {
  const { output, errors, crash } = run(executable, ["--list-test-cases"]);
  const cases = [...output.matchAll(/<TestCase .*>$/gm)].map(([tag]) => ({
    name: attribute(tag, "name") as string,
    skipped: attribute(tag, "skipped") === "true",
  }));
  if (crash || cases.length === 0) {
    throw new Error(`${path.basename(executable)} lists no cases: ${crash ?? ""}\n${errors}`);
  }
  return cases;
}

/** Takes over what a run says of each case. Returns the last one that it began. */
function readReports(output: string, cases: Map<string, Case>): Case | undefined {
  let last: Case | undefined;
  for (const report of output.split(/^ *(?=<TestCase )/m)) {
    const [tag = ""] = report.split("\n");
    const found = cases.get(attribute(tag, "name") ?? "");
    // A case that this run passes over has an empty element.
    if (!found || tag.endsWith("/>")) continue;
    last = found;
    found.report = report;
    found.succeeded = attribute(report, "test_case_success") === "true";
  }
  return last;
}

/** Runs all cases. One that ends the process is named, and the others run without it. */
function runCases(executable: string, cases: Case[]) {
  const byName = new Map(cases.map((each) => [each.name, each]));
  const running = cases.filter((each) => !each.skipped);
  let first = 0;
  while (first < running.length) {
    const { output, errors, crash } = run(executable, [`--first=${first + 1}`]);
    const last = readReports(output, byName);
    // doctest catches signals, and ends with 1 as for a failure: its report has no results.
    const crashed = last && (crash || !last.report?.includes("<OverallResultsAsserts"));
    if (!last || !crashed) break;
    last.succeeded = false;
    last.crash = `${crash ?? "the process ended"} in this case\n${errors}`;
    first = running.indexOf(last) + 1;
  }
}

/** The failed assertions of a report, as text. */
function describeFailure(report: string): string {
  const parts = [...report.matchAll(/<(Expression|Exception|Message) [\s\S]*?<\/\1>/g)].map(
    ([part]) => part,
  );
  const text = (parts.length > 0 ? parts.join("\n") : report).replace(/<\/?(\w+)/g, "$1");
  return decode(text.replace(/\/?>$/gm, "")).replace(/^\s*\n/gm, "");
}

export function doctestSuite(executable: string): void {
  const cases = listCases(executable);
  beforeAll(() => runCases(executable, cases), 900_000);
  for (const each of cases) {
    (each.skipped ? test.skip : test)(each.name, () => {
      if (each.succeeded) return;
      const report = each.report ? describeFailure(each.report) : "the case did not run";
      throw new Error((each.crash ?? "") + report);
    });
  }
}
