/// <reference lib="dom" />
// Functions that are handed to the browser run there.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { runDemo } from "../../examples/language-model/demo.js";
import type { DemoRecord } from "../../examples/language-model/report/record.js";
import { renderReport } from "../../examples/language-model/report/report.js";
import { parseSettings } from "../../examples/language-model/settings.js";
import { describeInBrowser, type OpenPage, openPage } from "../support/browser.js";

const names = ["AdamW", "AdamSN", "AdamSNSM"];
const tiny = ["--steps=24", "--tokens=128", "--layers=1", "--width=32", "--rank=8"];

let record: DemoRecord;
let html: string;

beforeAll(async () => {
  record = await runDemo({ ...parseSettings(tiny), evaluations: 6 });
  html = renderReport(record);
}, 120_000);

describe("the demonstration, tiny", () => {
  test("trains every optimizer from the same place", () => {
    const { results } = record;
    expect(results.map(({ title }) => title)).toEqual(names);
    const initial = results.map(({ evaluations }) => evaluations[0]?.loss);
    // Hardly better or worse than guessing one of 512 tokens.
    expect(initial[0]).toBeGreaterThan(6);
    expect(initial[0]).toBeLessThan(6.5);
    expect(initial).toEqual([initial[0], initial[0], initial[0]]);
    expect(new Set(results.map(({ trainingLoss }) => trainingLoss[0])).size).toBe(1);
    for (const { finalLoss, evaluations } of results) {
      expect(finalLoss).toBeLessThan((initial[0] as number) - 0.2);
      expect(evaluations.at(-1)).toMatchObject({ step: 24, tokens: 24 * 128 });
    }
  });

  test("tells the optimizer's time and state from the model's", () => {
    const [adamw, adamsn, adamsnsm] = record.results.map(({ stateBytes }) => stateBytes);
    for (const { modelMilliseconds, optimizerMilliseconds } of record.results) {
      expect(modelMilliseconds).toHaveLength(24);
      expect(optimizerMilliseconds).toHaveLength(24);
      expect(Math.min(...optimizerMilliseconds)).toBeGreaterThan(0);
    }
    expect(adamw?.momentum).toBe(4 * record.facts.parameters);
    expect(adamw?.secondMoment).toBe(4 * record.facts.parameters);
    expect(adamsn?.momentum).toBe(adamw?.momentum);
    expect(adamsn?.secondMoment).toBeLessThan((adamw?.secondMoment as number) / 2);
    expect(adamsnsm?.momentum).toBeLessThan((adamsn?.momentum as number) / 1.5);
    expect(adamsnsm?.basis).toBeGreaterThan(0);
  });
});

describeInBrowser("the report in Chromium", () => {
  let opened: OpenPage;
  let page: Page;

  beforeAll(async () => {
    opened = await openPage(html);
    ({ page } = opened);
  }, 60_000);

  afterAll(async () => {
    await opened?.close();
  });

  test("needs nothing but its file", () => {
    const { requests, complaints } = opened;
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatch(/^file:/);
    expect(complaints).toEqual([]);
  });

  test.each(["loss-by-tokens", "loss-by-seconds"])("%s has every optimizer's curve", async (id) => {
    const lines = await page.$$eval(`#${id} .series[data-series]`, (groups) =>
      groups.map((group) => {
        const line = group.querySelector("path.line") as SVGPathElement;
        const places = [...group.querySelectorAll("circle.mark")].map((mark) => ({
          x: Number(mark.getAttribute("cx")),
          y: Number(mark.getAttribute("cy")),
        }));
        const end = line.getPointAtLength(line.getTotalLength());
        return {
          name: (group as SVGElement).dataset.series,
          length: line.getTotalLength(),
          end: { x: end.x, y: end.y },
          places,
          stroke: getComputedStyle(line).stroke,
        };
      }),
    );
    expect(lines.map(({ name }) => name)).toEqual(names);
    expect(new Set(lines.map(({ stroke }) => stroke)).size).toBe(names.length);
    lines.forEach(({ length, end, places }, i) => {
      const losses = record.results[i]?.evaluations.map(({ loss }) => loss) as number[];
      expect(places).toHaveLength(losses.length);
      expect(length).toBeGreaterThan(200);
      expect(end).toEqual({
        x: expect.closeTo(places.at(-1)?.x as number, 1),
        y: expect.closeTo(places.at(-1)?.y as number, 1),
      });
      // To the right in the order of time, and a lower loss is lower on the page.
      places.slice(1).forEach(({ x, y }, j) => {
        expect(x).toBeGreaterThan(places[j]?.x as number);
        const [before, after] = [losses[j] as number, losses[j + 1] as number];
        if (Math.abs(after - before) > 0.01) {
          expect(Math.sign(y - (places[j]?.y as number))).toBe(Math.sign(before - after));
        }
      });
    });
  });

  test("state bytes are bars as long as they are large", async () => {
    const bars = await page.$$eval("#state-bytes g[data-bar]", (groups) =>
      groups.map((group) => ({
        name: (group as SVGElement).dataset.bar,
        width: [...group.querySelectorAll("rect")].reduce(
          (sum, rect) => sum + Number(rect.getAttribute("width")),
          0,
        ),
      })),
    );
    const totals = record.results.map(({ stateBytes }) =>
      Object.values(stateBytes).reduce((sum, bytes) => sum + bytes, 0),
    );
    expect(bars.map(({ name }) => name)).toEqual(names);
    bars.forEach(({ width }, i) => {
      const share = (totals[i] as number) / (totals[0] as number);
      expect(width / (bars[0]?.width as number)).toBeCloseTo(share, 2);
    });
  });

  test("every colour of a curve is really on the screen", async () => {
    const chart = page.locator("#loss-by-tokens");
    const image = (await chart.screenshot()).toString("base64");
    const colours = await page.$$eval("#loss-by-tokens path.line", (lines) =>
      lines.map((line) => getComputedStyle(line).stroke),
    );
    // The browser decodes its own screenshot: no image library is needed.
    const counts = await page.evaluate(
      async ({ image, colours }) => {
        const bitmap = await createImageBitmap(
          await (await fetch(`data:image/png;base64,${image}`)).blob(),
        );
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        return colours.map((colour) => {
          const wanted = (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number);
          let count = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (wanted.every((channel, j) => Math.abs(channel - (data[i + j] ?? 0)) < 12)) count++;
          }
          return count;
        });
      },
      { image, colours },
    );
    for (const count of counts) expect(count).toBeGreaterThan(60);
  });

  test("reads on a telephone and in the dark", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await background()).not.toBe(light);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1200, height: 900 });
  });

  test("says what drawings show in words, too", async () => {
    const described = await page.$$eval("svg[role=img]", (drawings) =>
      drawings.map((drawing) =>
        (drawing.getAttribute("aria-labelledby") ?? "")
          .split(" ")
          .map((id) => document.getElementById(id)?.textContent?.trim() ?? ""),
      ),
    );
    expect(described).toHaveLength(5);
    for (const texts of described) for (const text of texts) expect(text).not.toBe("");
    for (const { title, finalLoss } of record.results) {
      const card = page.locator(".card", {
        has: page.getByRole("heading", { name: title, exact: true }),
      });
      expect(await card.textContent()).toContain(finalLoss.toFixed(3));
    }
  });
});
