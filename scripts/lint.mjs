// Everything that is checked without running: biome (TypeScript and JavaScript), tsc (types),
// clang-format (C++). `--fix` writes what the formatters and biome's safe fixes would change.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { heading, output, root, run, script, tool } from "./support.mjs";

const CPP = /\.(?:h|cpp|cu|cuh)$/;

function cppFiles(folder) {
  if (!fs.existsSync(path.join(root, folder))) return [];
  return fs
    .readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => CPP.test(file))
    .map((file) => path.join(folder, file));
}

/** By file: where in it each line breaks is for `--fix` to know. */
function clangFormat(fix) {
  const command = tool("clang-format");
  if (output(command, ["--version"]) === undefined) {
    console.log("skipped: the package has no clang-format for this platform");
    return 0;
  }
  const files = ["csrc", "cmake", "bench"].flatMap(cppFiles);
  if (fix) return run(command, ["-i", ...files]);
  const { stderr } = spawnSync(command, ["--dry-run", ...files], { cwd: root, encoding: "utf8" });
  const wrong = new Set(Array.from(stderr.matchAll(/^(.+?):\d+:\d+: /gm), ([, file]) => file));
  for (const file of wrong) console.log(`${file}: not formatted`);
  return wrong.size > 0 ? 1 : 0;
}

script(([flag]) => {
  const fix = flag === "--fix";
  const biome = ["check", "--max-diagnostics=100", fix ? "--write" : "--error-on-warnings"];
  const checks = {
    biome: () => run(tool("biome"), biome),
    tsc: () => run(tool("tsc"), ["--noEmit"]),
    "clang-format": () => clangFormat(fix),
  };
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    heading(name);
    if (check() !== 0) failed = 1;
  }
  return failed;
});
