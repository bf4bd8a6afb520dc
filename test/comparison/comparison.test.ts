/// <reference lib="dom" />
// Functions that are handed to the browser run there.

/** The comparison end to end, tiny: two recipes, a run that is killed, and the report. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { compareAll, type FinishedComparison } from "../../bench/comparison/comparison.js";
import { Journal } from "../../bench/comparison/journal.js";
import { renderComparison } from "../../bench/comparison/report/report.js";
import { trainAgain } from "../../bench/comparison/run.js";
import { parseSettings } from "../../bench/comparison/settings.js";
import { describeInBrowser, type OpenPage, openPage } from "../support/browser.js";

const root = join(__dirname, "..", "..");
let folder: string;

const size = ["--layers=1", "--width=32", "--vocabulary=128", "--tokens=64", "--rank=8"];
const extent = ["--rates=3", "--sweep-steps=4", "--seeds=2", "--steps=12", "--evaluations=3"];
const args = () => ["--recipes=adamSNSM", `--folder=${folder}`, "--jobs=2", ...size, ...extent];
const journalFile = () => join(folder, "trainings.jsonl");
const lines = () =>
  existsSync(journalFile()) ? readFileSync(journalFile(), "utf8").split("\n").slice(0, -1) : [];

/** Starts the command, and kills it when it has finished two trainings. */
async function startAndKill(): Promise<void> {
  const command = spawn(
    process.execPath,
    ["-r", "./scripts/ts.cjs", "bench/comparison/main.ts", ...args()],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = once(command, "exit");
  while (lines().length < 2 && command.exitCode === null) await setTimeout(20);
  command.kill("SIGKILL");
  await ended;
}

let finished: FinishedComparison;
let before: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-comparison-"));
  await startAndKill();
  before = lines();
  // As if it had been killed while it wrote.
  appendFileSync(journalFile(), '{"fingerprint":"');
  const settings = parseSettings(args());
  finished = await compareAll({ ...settings, calibration: { steps: 4, repetitions: 2 } });
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe("a comparison that was killed", () => {
  test("kept what it had finished, and the next run did the rest", () => {
    expect(before.length).toBeGreaterThanOrEqual(2);
    expect(lines().slice(0, before.length)).toEqual(before);
    const { plans, journal } = finished;
    const sweeps = plans.flatMap(({ sweep }) => sweep);
    expect(plans.map(({ entry }) => entry.name)).toEqual(["adamw", "adamSNSM"]);
    expect(lines()).toHaveLength(sweeps.length + 2 * 2);
    expect(journal.size).toBe(lines().length);
  });

  test("trained: losses fall, and AdamSNSM keeps less", () => {
    const [adamw, adamSNSM] = finished.record.entries;
    for (const entry of [adamw, adamSNSM]) {
      expect(entry?.runs.map(({ seed }) => seed)).toEqual([1, 2]);
      for (const { evaluations, finalLoss, diverged } of entry?.runs ?? []) {
        expect(evaluations.map(({ step }) => step)).toEqual([0, 4, 8, 12]);
        const [first, last] = [evaluations[0], evaluations.at(-1)] as [
          { loss: number },
          { loss: number },
        ];
        expect(first.loss).toBeCloseTo(Math.log(128), 0);
        expect(last.loss).toBeLessThan(first.loss - 0.1);
        expect(Math.abs((finalLoss as number) - last.loss)).toBeLessThan(0.1);
        expect(diverged).toBe(false);
      }
    }
    // Seeds are other beginnings and other batches; recipes share them.
    const firsts = finished.record.entries.map(({ runs }) =>
      runs.map(({ evaluations }) => evaluations[0]?.loss),
    );
    expect(firsts[0]).toEqual(firsts[1]);
    expect(firsts[0]?.[0]).not.toBe(firsts[0]?.[1]);
    const state = (kinds: Readonly<Record<string, number>> = {}) =>
      Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0);
    expect(state(adamSNSM?.stateBytes)).toBeLessThan(0.7 * state(adamw?.stateBytes));
  });

  test("comes to the same in other processes, bit for bit, and notices what does not", async () => {
    const { journal, plans } = finished;
    const trainings = await trainAgain(journal, plans, { count: 3, jobs: 2 });
    expect(trainings[0]).toMatchObject({ entry: "adamw", steps: 4 });
    expect(trainings.at(-1)).toMatchObject({ entry: "adamSNSM", steps: 12, seed: 2 });

    const copy = join(folder, "changed.jsonl");
    const line = JSON.parse(lines()[0] as string);
    line.value.finalLoss += 2 ** -40;
    writeFileSync(copy, `${JSON.stringify(line)}\n`);
    const [first] = plans;
    const changed = [{ ...first, sweep: [{ training: line.key }], trainings: [] }] as never;
    await expect(trainAgain(new Journal(copy), changed, { count: 1, jobs: 1 })).rejects.toThrow(
      /adamw, learning rate .*: another outcome than before/,
    );
  }, 120_000);
});

describeInBrowser("its report in Chromium", () => {
  let opened: OpenPage;
  let page: Page;

  beforeAll(async () => {
    opened = await openPage(renderComparison(finished.record));
    ({ page } = opened);
  }, 60_000);

  afterAll(async () => {
    await opened?.close();
  });

  test("needs nothing but its file, and says nothing on the console", () => {
    expect(opened.requests).toHaveLength(1);
    expect(opened.complaints).toEqual([]);
  });

  test.each(["loss-by-tokens", "loss-by-seconds", "learning-rates"])("%s has lines", async (id) => {
    const series = await page.$$eval(`#${id} .series[data-series]`, (groups) =>
      groups.map((group) => {
        const line = group.querySelector<SVGPathElement>("path.line");
        return {
          name: (group as SVGElement).dataset.series,
          length: line?.getTotalLength() ?? 0,
          stroke: line && getComputedStyle(line).stroke,
          band: group.querySelector<SVGPathElement>("path.band")?.getTotalLength(),
        };
      }),
    );
    expect(series.map(({ name }) => name)).toEqual(["AdamW", "AdamSNSM"]);
    expect(new Set(series.map(({ stroke }) => stroke)).size).toBe(2);
    for (const { length, band } of series) {
      expect(length).toBeGreaterThan(100);
      if (id !== "learning-rates") expect(band).toBeGreaterThan(length);
    }
  });

  test("final losses stand over bytes of state, with whiskers", async () => {
    const marks = await page.$$eval("#loss-by-state .series[data-series]", (groups) =>
      groups.map((group) => ({
        name: (group as SVGElement).dataset.series,
        x: Number(group.querySelector("circle")?.getAttribute("cx")),
        whisker: group.querySelector<SVGPathElement>("path.whisker")?.getTotalLength(),
      })),
    );
    const fromLeft = marks.sort((a, b) => a.x - b.x).map(({ name }) => name);
    expect(fromLeft).toEqual(["AdamSNSM", "AdamW"]);
    for (const { whisker } of marks) expect(whisker).toBeGreaterThan(0);
  });

  const names = () =>
    page.$$eval("#results tbody tr", (rows) =>
      rows.map((row) => (row as HTMLTableRowElement).cells[0]?.textContent?.trim()),
    );
  const values = (column: number) =>
    page.$$eval(
      "#results tbody tr",
      (rows, column) =>
        rows.map((row) => Number((row as HTMLTableRowElement).cells[column]?.dataset.value)),
      column,
    );

  test("the table is sorted by loss, and by whatever head is clicked", async () => {
    const losses = await values(2);
    expect(losses).toHaveLength(2);
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
    const sort = (title: string) => page.locator("#results th button", { hasText: title }).click();
    await sort("State");
    expect(await names()).toEqual(["AdamSNSM", "AdamW"]);
    await sort("State");
    expect(await names()).toEqual(["AdamW", "AdamSNSM"]);
    await sort("Recipe");
    expect(await names()).toEqual(["AdamSNSM", "AdamW"]);
    const sorted = await page.$$eval("#results th[aria-sort]", (heads) =>
      heads.map((head) => `${head.textContent} ${head.ariaSort}`),
    );
    expect(sorted).toEqual(["Recipe ascending"]);
    await sort("Validation loss");
    expect(await values(2)).toEqual(losses);
  });

  test("the legend's switches take lines away and bring them back", async () => {
    const line = page.locator("#loss-by-tokens .series[data-series=AdamSNSM]");
    const other = page.locator("#loss-by-tokens .series[data-series=AdamW]");
    const box = page.getByRole("checkbox", { name: "AdamSNSM", exact: true });
    expect(await line.isVisible()).toBe(true);
    await box.uncheck();
    expect(await line.isVisible()).toBe(false);
    expect(await other.isVisible()).toBe(true);
    await box.check();
    expect(await line.isVisible()).toBe(true);
  });

  test("reads on a telephone and in the dark", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    const look = () =>
      page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("path.line") as Element).stroke,
      ]);
    const [page1, line1] = await look();
    await page.emulateMedia({ colorScheme: "dark" });
    const [page2, line2] = await look();
    expect(page2).not.toBe(page1);
    expect(line2).not.toBe(line1);
  });
});
