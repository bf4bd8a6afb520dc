import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareAll, type FinishedComparison } from "./comparison.js";
import { publish } from "./publish.js";
import type { ComparisonRecord } from "./record.js";
import { renderComparison } from "./report/report.js";
import { trainAgain } from "./run.js";
import { parseSettings, type Settings, usage } from "./settings.js";
import type { Outcome, Training } from "./training.js";

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function showProgress(training: Training, outcome: Outcome, done: number): void {
  const { entry, learningRate, seed, steps } = training;
  const { finalLoss, diverged, seconds } = outcome;
  const what = `${entry.padEnd(13)} lr ${String(learningRate).padEnd(8)} seed ${seed}, ${steps} steps`;
  const loss = `${finalLoss?.toFixed(4) ?? "no number"}${diverged ? " (diverged)" : ""}`;
  say(`${(100 * done).toFixed(1).padStart(5)} %  ${what}: loss ${loss}, ${seconds.toFixed(0)} s`);
}

async function checkAgain({ journal, plans }: FinishedComparison, settings: Settings) {
  const again = await trainAgain(journal, plans, { count: settings.again, jobs: settings.jobs });
  say(`Trained again, every loss and weight the same: ${again.length} trainings`);
}

/** `npm run compare`. */
async function main(args: readonly string[]): Promise<void> {
  const settings = parseSettings(args);
  if (settings.help) {
    process.stdout.write(usage);
    return;
  }
  const { folder, from } = settings;
  let record: ComparisonRecord;
  if (from === undefined) {
    const finished = await compareAll({ ...settings, onFinish: showProgress });
    if (settings.again > 0) await checkAgain(finished, settings);
    ({ record } = finished);
  } else {
    record = JSON.parse(readFileSync(from, "utf8")) as ComparisonRecord;
  }
  mkdirSync(folder, { recursive: true });
  const report = join(folder, "comparison.html");
  writeFileSync(report, renderComparison(record));
  say(`The report: ${report}`);
  if (settings.publish) say(`Written: ${publish(record).join(", ")}`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
