/** The demonstration with batches that grow: `npm run demo -- --adaptive-batch`. */

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runDemo } from "../../examples/language-model/demo.js";
import type { DemoRecord } from "../../examples/language-model/report/record.js";
import { renderReport } from "../../examples/language-model/report/report.js";
import { parseSettings } from "../../examples/language-model/settings.js";
import { describeInBrowser, type OpenPage, openPage } from "../support/browser.js";

const names = ["AdamW", "AdamSN", "AdamSNSM"];
const tiny = ["--steps=40", "--tokens=128", "--layers=1", "--width=32", "--rank=8"];

/** Sequences of a first batch, and of all. */
const FIRST = 2;
const BUDGET = 40 * FIRST;

let growing: DemoRecord;

beforeAll(async () => {
  growing = await runDemo({ ...parseSettings([...tiny, "--adaptive-batch"]), evaluations: 6 });
}, 120_000);

describe("the demonstration", () => {
  test.each([
    [["--adaptive-batch"], "norm"],
    [["--adaptive-batch", "--steps=9"], "norm"],
    [["--adaptive-batch", "innerProduct"], "innerProduct"],
    [["--adaptive-batch=coordinate"], "coordinate"],
    [[], undefined],
  ])("%j asks for %s", (args, test) => {
    expect(parseSettings(args).adaptiveBatch).toBe(test);
  });

  test("refuses a test that there is none of", () => {
    expect(() => parseSettings(["--adaptive-batch=often"])).toThrow(
      '"often" is none of norm, innerProduct, augmented, coordinate',
    );
  });

  test("lets them grow, of whole micro-batches, within the tokens of all", () => {
    for (const { batches = [], trainingLoss } of growing.results) {
      expect(batches.map(({ step }) => step)).toEqual(trainingLoss.map((_, i) => i + 1));
      const sizes = batches.map(({ sequences }) => sequences);
      expect(sizes[0]).toBe(FIRST);
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
      expect(sizes.at(-1)).toBeGreaterThan(FIRST);
      expect(sizes.at(-1)).toBeLessThanOrEqual(16 * FIRST);
      let samples = 0;
      for (const batch of batches) expect(batch.samples).toBe((samples += batch.sequences));
      // It ended because the next batch was too large.
      expect(samples).toBeLessThanOrEqual(BUDGET);
      expect(samples + 1.5 * (sizes.at(-1) as number) + 1).toBeGreaterThan(BUDGET);
      const tests = batches.filter(({ noise }) => noise !== undefined);
      expect(tests.length).toBeGreaterThan(0);
      for (const { noise } of tests) expect(noise).toBeGreaterThan(0);
      expect(batches.filter(({ reason }) => reason === "grown").length).toBeGreaterThan(0);
    }
  });

  test("takes losses at the tokens that were really trained on", () => {
    for (const { batches = [], evaluations, finalLoss } of growing.results) {
      const tokensAfter = [0, ...batches.map(({ samples }) => 64 * samples)];
      expect(evaluations.map(({ tokens }) => tokens)).toEqual(
        evaluations.map(({ step }) => tokensAfter[step]),
      );
      expect(evaluations.at(-1)?.tokens).toBe(tokensAfter.at(-1));
      expect(new Set(evaluations.map(({ tokens }) => tokens)).size).toBe(evaluations.length);
      expect(finalLoss).toBeLessThan((evaluations[0]?.loss as number) - 0.1);
    }
  });

  test("trains as without until the first batch grows: the same text, means and schedule", async () => {
    const settings = parseSettings([...tiny, "--optimizers=adamw"]);
    const { results } = await runDemo({ ...settings, evaluations: 1 });
    const [adamw] = growing.results;
    const equal = adamw?.batches?.filter(({ sequences }) => sequences === FIRST) ?? [];
    expect(equal.length).toBeGreaterThan(4);
    equal.forEach((_, i) => {
      expect(adamw?.trainingLoss[i]).toBeCloseTo(results[0]?.trainingLoss[i] as number, 3);
    });
    const last = equal.length - 1;
    expect(adamw?.trainingLoss[last]).not.toBeCloseTo(adamw?.trainingLoss[0] as number, 2);
  }, 60_000);
});

describeInBrowser("its report in Chromium", () => {
  let opened: OpenPage;

  beforeAll(async () => {
    opened = await openPage(renderReport(growing));
  }, 60_000);

  afterAll(() => opened?.close());

  test("draws batch sizes and gradient noise of every optimizer, in their order", async () => {
    const drawn = await Promise.all(
      ["batch-sizes", "gradient-noise"].map((id) =>
        opened.page.$$eval(`#${id} .series[data-series]`, (groups) =>
          groups.map((group) => ({
            name: (group as SVGElement).dataset.series,
            places: [...group.querySelectorAll("circle.mark")].map((mark) => ({
              x: Number(mark.getAttribute("cx")),
              y: Number(mark.getAttribute("cy")),
            })),
          })),
        ),
      ),
    );
    const [sizes, noise] = drawn as [(typeof drawn)[0], (typeof drawn)[0]];
    for (const lines of [sizes, noise]) expect(lines.map(({ name }) => name)).toEqual(names);
    growing.results.forEach(({ batches = [] }, i) => {
      const places = sizes[i]?.places as { x: number; y: number }[];
      expect(places).toHaveLength(batches.length);
      batches.slice(1).forEach(({ sequences }, j) => {
        const [before, after] = [places[j], places[j + 1]] as [
          (typeof places)[0],
          (typeof places)[0],
        ];
        expect(after.x).toBeGreaterThan(before.x);
        // Higher on the page where the batch has grown, and only there.
        const hasGrown = sequences > (batches[j]?.sequences as number);
        expect(after.y < before.y).toBe(hasGrown);
      });
      const tested = batches.filter(({ noise = 0 }) => noise > 0).length;
      expect(noise[i]?.places).toHaveLength(tested);
    });
    expect(opened.complaints).toEqual([]);
  });

  test("says what they did, and each optimizer's tokens in the table", async () => {
    const text = (await opened.page.textContent("main")) as string;
    for (const { title, batches = [], evaluations } of growing.results) {
      const last = batches.at(-1);
      expect(text).toContain(`${title} made ${batches.length} steps`);
      expect(text).toContain(
        `from 128 tokens to ${(64 * (last?.sequences as number)).toLocaleString("en-US")}`,
      );
      expect(text).toContain(evaluations.at(-1)?.tokens.toLocaleString("en-US"));
    }
    expect(text).toContain("with batches that grow");
  });
});
