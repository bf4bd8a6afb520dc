/** lean-optim's command line, run from wherever this file is. */

import { main } from "../../lib/cli/main.js";

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
