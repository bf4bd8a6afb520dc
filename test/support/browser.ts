/** Pages in headless Chromium, where there is one. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "@jest/globals";
import { type Browser, chromium, type Page } from "playwright-core";

const candidates = [
  process.env.LEAN_OPTIM_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const executable = candidates.find((file) => file !== undefined && existsSync(file));

/** `describe` where there is a browser. */
export function describeInBrowser(title: string, tests: () => void): void {
  if (executable !== undefined) describe(title, tests);
  else describe.skip(`${title} (no Chromium: install it or set LEAN_OPTIM_CHROMIUM)`, tests);
}

/** A page made of one file, and what it asked for and said. */
export interface OpenPage {
  readonly page: Page;
  readonly requests: readonly string[];
  /** Messages on the console, and errors. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openPage(html: string): Promise<OpenPage> {
  const folder = mkdtempSync(path.join(tmpdir(), "lean-optim-page-"));
  const file = path.join(folder, "page.html");
  writeFileSync(file, html);
  const browser: Browser = await chromium.launch({
    executablePath: executable as string,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const page = await browser.newPage({
    viewport: { width: 1200, height: 900 },
    colorScheme: "light",
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(pathToFileURL(file).href);
  const close = async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  };
  return { page, requests, complaints, close };
}
