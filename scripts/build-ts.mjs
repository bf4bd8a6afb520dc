// Compiles lib/ and test/oracle/ into dist/ (CommonJS), and writes for each entry point of the
// package a thin ES module beside it, so that `import` and `require` share one copy of the library
// and of its native state.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

function compile() {
  const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  const project = path.join(root, "scripts", "tsconfig.build.json");
  const { status } = spawnSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** The entry points, by package.json's `exports`. */
function entryPoints() {
  const { exports } = require(path.join(root, "package.json"));
  return Object.values(exports)
    .map((entry) => entry.require?.default)
    .filter(Boolean)
    .map((file) => path.join(root, file));
}

function writeModule(commonJs) {
  const base = path.basename(commonJs, ".js");
  const stem = commonJs.slice(0, -".js".length);
  // Names are written out: what Node guesses from CommonJS text it may guess wrong.
  const names = Object.keys(require(commonJs))
    .filter((name) => name !== "default")
    .sort();
  const list = names.map((name) => `  ${name},\n`).join("");
  const text = `import library from "./${base}.js";\n\nexport const {\n${list}} = library;\n`;
  fs.writeFileSync(`${stem}.mjs`, text);
  fs.writeFileSync(`${stem}.d.mts`, `export * from "./${base}.js";\n`);
}

fs.rmSync(path.join(root, "dist"), { recursive: true, force: true });
compile();
for (const file of entryPoints()) writeModule(file);
