import { join } from "node:path";
import { Journal } from "./journal.js";
import { runComparison } from "./run.js";
import { parseSettings, usage } from "./settings.js";
import type { Outcome, Training } from "./training.js";

/** `npm run compare`. */
async function main(args: readonly string[]): Promise<void> {
  const settings = parseSettings(args);
  if (settings.help) {
    process.stdout.write(usage);
    return;
  }
  const journal = new Journal<Training, Outcome>(join(settings.folder, "trainings.jsonl"));
  await runComparison(journal, {
    ...settings,
    onFinish({ entry, learningRate, seed, steps }, { finalLoss, diverged, seconds }, left) {
      const loss = `${finalLoss?.toFixed(4) ?? "NaN"}${diverged ? " diverged" : ""}`;
      const clock = new Date().toISOString().slice(11, 19);
      process.stdout.write(
        `${clock}  ${entry.padEnd(13)} lr ${String(learningRate).padEnd(8)} seed ${seed} ${String(steps).padStart(4)} steps  ${loss}  ${seconds.toFixed(0)} s, ${left} left of those known\n`,
      );
    },
  });
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
