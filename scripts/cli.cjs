#!/usr/bin/env node
"use strict";
// The `lean-optim` command. `build` works from here alone, without a binary and without dist; the
// other commands are lib/cli/main.ts.
const fs = require("node:fs");
const path = require("node:path");

async function main(argv) {
  const [command, ...rest] = argv;
  if (command === "build") {
    const { BuildError, main: build } = require("./build-native.cjs");
    try {
      console.log(`built ${build(rest)}`);
      return 0;
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      console.error(`lean-optim: ${error.message}`);
      return 1;
    }
  }
  const compiled = path.join(__dirname, "..", "dist", "lib", "cli", "main.js");
  if (!fs.existsSync(compiled)) {
    console.error("lean-optim: this checkout is not compiled yet: npm run build:ts");
    return 1;
  }
  return require(compiled).main(argv);
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
