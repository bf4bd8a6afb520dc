// Everything that is checked without running: biome (TypeScript and JavaScript), tsc (types),
// clang-format (C++). `--fix` writes what the formatters and biome's safe fixes would change.
import fs from "node:fs";
import path from "node:path";
import { heading, root, run, script, tool } from "./support.mjs";

const CPP = /\.(?:h|cpp|cu|cuh)$/;

function cppFiles(folder) {
  if (!fs.existsSync(path.join(root, folder))) return [];
  return fs
    .readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => CPP.test(file))
    .map((file) => path.join(folder, file));
}

script(([flag]) => {
  const fix = flag === "--fix";
  const cpp = [...cppFiles("csrc"), ...cppFiles("cmake")];
  const checks = [
    ["biome", ["check", ...(fix ? ["--write"] : ["--error-on-warnings"])]],
    ["tsc", ["--noEmit"]],
    ["clang-format", [...(fix ? ["-i"] : ["--dry-run", "--Werror"]), ...cpp]],
  ];
  let failed = 0;
  for (const [name, args] of checks) {
    heading(name);
    if (run(tool(name), args) !== 0) failed = 1;
  }
  return failed;
});
