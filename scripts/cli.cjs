#!/usr/bin/env node
"use strict";
// The `lean-optim` command is lib/cli/main.ts. `build` also works from here alone, in a checkout
// that has not been compiled yet.
const fs = require("node:fs");
const path = require("node:path");

function build(args) {
  const { BuildError, main } = require("./build-native.cjs");
  try {
    console.log(`built ${main(args)}`);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`lean-optim: ${error.message}`);
    return 1;
  }
}

async function main(argv) {
  const compiled = path.join(__dirname, "..", "dist", "lib", "cli", "main.js");
  if (fs.existsSync(compiled)) return require(compiled).main(argv);
  const [command, ...rest] = argv;
  if (command === "build") return build(rest);
  console.error("lean-optim: this checkout is not compiled yet: npm run build:ts");
  return 1;
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
