import { writeFileSync } from "node:fs";
import { runDemo } from "./demo.js";
import { renderReport } from "./report/report.js";
import { parseSettings, usage } from "./settings.js";

/** `npm run demo`: trains, writes the report and says where it is. */
async function main(args: readonly string[]): Promise<void> {
  const settings = parseSettings(args);
  if (settings.help) {
    process.stdout.write(usage);
    return;
  }
  const record = await runDemo(settings);
  writeFileSync(settings.out, renderReport(record));
  if (settings.json !== undefined) writeFileSync(settings.json, JSON.stringify(record));
  process.stdout.write(`The report: ${settings.out}\n`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
