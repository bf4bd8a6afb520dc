// Runs a TypeScript file of the checkout, `node scripts/run.mjs <file> [arguments]`, in a fresh
// clone too: gets the checkout ready first. npm run demo and npm run bench are this.
import { setup } from "./setup.mjs";
import { run, script } from "./support.mjs";

script((args) => {
  setup();
  return run(process.execPath, ["-r", "./scripts/ts.cjs", ...args]);
});
