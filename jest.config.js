"use strict";

const swc = {
  jsc: { parser: { syntax: "typescript" }, target: "es2022" },
  module: { type: "commonjs", ignoreDynamic: true },
  sourceMaps: "inline",
};

/** @type {import("jest").Config} */
module.exports = {
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  // Tests of the packed package build and install things, for minutes: CI runs them, or npm run
  // test:package.
  testPathIgnorePatterns: process.env.LEAN_OPTIM_SLOW_TESTS ? [] : ["\\.slow\\.test\\.ts$"],
  modulePathIgnorePatterns: ["<rootDir>/(?:build|dist|prebuilds)/"],
  transform: { "\\.ts$": ["@swc/jest", swc] },
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^lean-optim$": "<rootDir>/lib/index.ts",
    "^lean-optim/tfjs$": "<rootDir>/lib/adapters/tfjs.ts",
  },
  maxWorkers: "100%",
  reporters: ["default", "<rootDir>/scripts/summary-reporter.cjs"],
};
