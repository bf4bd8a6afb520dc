"use strict";
// npm's install script. A prebuilt binary that fits ends it at once; else the addon is built, and
// where that fails the install still succeeds, with a note: a package manager that blocks install
// scripts comes to the same.
const path = require("node:path");

const root = path.join(__dirname, "..");
const { name } = require("../package.json");

function wantsSource() {
  const flag = process.env.npm_config_build_from_source ?? "";
  return flag === "true" || flag.split(",").includes(name);
}

function loads() {
  try {
    require("node-gyp-build")(root);
    return true;
  } catch {
    return false;
  }
}

if (wantsSource() || !loads()) {
  try {
    require("./build-native.cjs").main([]);
  } catch (error) {
    console.warn(
      `${name}: no prebuilt binary fits this machine, and building one failed: ${error.message}`,
    );
    console.warn(`${name}: once that is mended, build it with "npx ${name} build".`);
    // In CI, and for someone who asked for a build, a missing binary is better noticed now.
    process.exitCode = process.env.CI || wantsSource() ? 1 : 0;
  }
}
