// `npm run release`: builds what is published, in a clean clone, and refuses it where it is not as
// promised: a kernel that spills registers on any architecture, a binary that wants a newer system
// (check-binary.cjs) or is too large, an unsound package. Leaves prebuilds/ for `npm publish`, and
// build/release.json with what it measured. Takes nvcc, and ten minutes on eight cores.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { heading, mustRun, output, root, Stop, script, tool } from "./support.mjs";

const require = createRequire(import.meta.url);
const { problemsOfBinary } = require("./check-binary.cjs");
const { kernelsIn, problemsOf } = require("./ptxas-report.cjs");

// Machine code for Ampere (A100; A10 and RTX 30), Ada, Hopper, and Blackwell of data centres and
// desks; PTX of the last, for what comes after. Code for x.y runs on every later x.z.
const ARCHITECTURES = [80, 86, 89, 90, 100, 120];
const cmakeList = ARCHITECTURES.map((one, i) =>
  i === ARCHITECTURES.length - 1 ? `${one}` : `${one}-real`,
).join(";");

// Today's are 18.0 MB, of which OpenBLAS, for five generations of x86 processors, has 9 and the
// kernels, compressed, 6.5, and 10.6 MB packed. A quarter is left to grow.
const MOST_BINARY_BYTES = 22.5e6;
const MOST_PACKED_BYTES = 13.3e6;

/** Runs a command, shows what it prints and returns it. */
function tee(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (data) => {
        text += data;
        process.stdout.write(data);
      });
    }
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve(text) : reject(new Stop(`${command} failed (${status})`)),
    );
  });
}

function requireClean() {
  if (output("git", ["status", "--porcelain"]) !== "") {
    throw new Stop("A release is made of what is committed, and there is more here.");
  }
}

async function build() {
  heading(`Building for sm_${ARCHITECTURES.join(", ")}`);
  fs.rmSync(path.join(root, "prebuilds"), { recursive: true, force: true });
  // ptxas only tells of what is compiled.
  const built = path.join(root, "build", "cmake");
  const old = fs.existsSync(built) ? fs.readdirSync(built) : [];
  for (const folder of old.filter((name) => name.startsWith("Release-shipped-"))) {
    fs.rmSync(path.join(built, folder), { recursive: true, force: true });
  }
  return tee("npm", ["run", "--silent", "prebuildify"], {
    LEAN_CUDA: "ON",
    LEAN_CUDA_ARCHITECTURES: cmakeList,
    LEAN_CUDA_REPORT: "ON",
    LEAN_WERROR: "ON",
  });
}

function prebuilt() {
  const folder = path.join(root, "prebuilds", `linux-${process.arch}`);
  return path.join(folder, "lean-optim.glibc.node");
}

/** The packed package's size, as npm would upload it. */
function packedBytes() {
  const folder = path.join(root, "build", "release");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  mustRun("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder]);
  const [file] = fs.readdirSync(folder);
  mustRun(tool("publint"), ["--strict", path.join(folder, file)]);
  mustRun(tool("attw"), ["--profile", "node16", path.join(folder, file)]);
  return fs.statSync(path.join(folder, file)).size;
}

function summaryOf(kernels) {
  return ARCHITECTURES.map((number) => {
    const architecture = `sm_${number}`;
    const all = kernels.filter((kernel) => kernel.architecture === architecture);
    return {
      architecture,
      kernels: all.length,
      mostRegisters: Math.max(...all.map(({ registers }) => registers ?? 0)),
      spilledBytes: all.reduce((sum, { spilledBytes }) => sum + (spilledBytes ?? 0), 0),
    };
  });
}

script(async (args) => {
  if (process.platform !== "linux") throw new Stop("A release is built on Linux.");
  if (!args.includes("--dirty")) requireClean();
  const start = Date.now();
  const kernels = kernelsIn(await build());
  mustRun(process.execPath, ["scripts/build-ts.mjs"]);
  const architectures = summaryOf(kernels);
  const binaryBytes = fs.statSync(prebuilt()).size;
  const packed = packedBytes();
  const problems = [
    ...problemsOf(
      kernels,
      ARCHITECTURES.map((number) => `sm_${number}`),
    ),
    ...problemsOfBinary(prebuilt()),
  ];
  if (binaryBytes > MOST_BINARY_BYTES) {
    problems.push(`the binary has ${binaryBytes} bytes, and may have ${MOST_BINARY_BYTES}`);
  }
  if (packed > MOST_PACKED_BYTES) {
    problems.push(`the package has ${packed} bytes, and may have ${MOST_PACKED_BYTES}`);
  }
  const minutes = Math.round((Date.now() - start) / 6000) / 10;
  const report = { architectures, binaryBytes, packedBytes: packed, minutes, problems };
  fs.writeFileSync(
    path.join(root, "build", "release.json"),
    `${JSON.stringify({ ...report, kernels }, undefined, 2)}\n`,
  );
  console.table(architectures);
  console.log(`binary ${binaryBytes} bytes, package ${packed} bytes, ${minutes} minutes`);
  for (const problem of problems) console.error(`NOT FIT: ${problem}`);
  return problems.length > 0 ? 1 : 0;
});
