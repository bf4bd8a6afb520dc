// `npm run demo`, in a fresh clone too: gets the checkout ready and trains the example language
// model. Arguments go to it.
import { setup } from "./setup.mjs";
import { run, script } from "./support.mjs";

script((args) => {
  setup();
  return run(process.execPath, [
    "-r",
    "./scripts/ts.cjs",
    "examples/language-model/main.ts",
    ...args,
  ]);
});
