// The tests of the PTX interpreter, test/simt: an executable that scripts/setup.mjs builds where there
// is nvcc. They need no GPU.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { doctestSuite } from "./support/doctest.js";

const executable = path.join(__dirname, "..", "build", "simt_tests");

const hasNvcc = () =>
  [process.env.CUDA_HOME, process.env.CUDA_PATH, "/usr/local/cuda"].some(
    (home) => home && fs.existsSync(path.join(home, "bin", "nvcc")),
  ) || spawnSync("nvcc", ["--version"], { stdio: "ignore" }).status === 0;

if (fs.existsSync(executable)) {
  doctestSuite(executable);
} else if (process.env.LEAN_CUDA === "OFF" || !hasNvcc()) {
  test.skip("simt: nvcc writes the PTX that is interpreted, and there is none here", () => {});
} else {
  test("simt: the tests are built", () => {
    throw new Error("build/simt_tests is missing: node scripts/build-native.cjs --simt");
  });
}
