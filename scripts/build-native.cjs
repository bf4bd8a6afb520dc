#!/usr/bin/env node
"use strict";
// Builds lean_optim.node with CMake and puts it into build/<config>. The one way that every tool
// takes: npm install, `npx lean-optim build`, node-gyp (binding.gyp) and prebuildify.
//
//   node scripts/build-native.cjs [--debug | --sanitize | --simt] [--shipped] [--to <folder>]
//
// --simt builds, beside the addon, what runs the CUDA code without a GPU (cmake/Simt.cmake):
// build/simt.node, and build/simt_tests, the interpreter's own tests. It takes nvcc.
// --shipped (or LEAN_OPTIM_SHIPPED=1, or under prebuildify) is the build for everybody's machine:
// OpenBLAS inside, and linked for old systems (link-stubs.cjs). Without it the build is for this
// machine. Environment: LEAN_CUDA, LEAN_BLAS, LEAN_WERROR (see CMakeLists.txt), CXX, and LEAN_JOBS,
// the number of compilers at once.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");
const OUTPUT = "lean_optim.node";
// By target: what it makes.
const SIMT = { lean_optim_simt: "simt.node", simt_tests: "simt_tests" };
// In somebody's node_modules, where it is built once.
const INSTALLED = ROOT.includes(`${path.sep}node_modules${path.sep}`);
const FROM_ENVIRONMENT = [
  "LEAN_CUDA",
  "LEAN_CUDA_ARCHITECTURES",
  "LEAN_CUDA_REPORT",
  "LEAN_BLAS",
  "LEAN_WERROR",
  "CMAKE_CUDA_HOST_COMPILER",
];

class BuildError extends Error {}

function has(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env });
  if (error?.code === "ENOENT") throw new BuildError(`${command} was not found: install it first`);
  if (status !== 0) throw new BuildError(`${command} failed`);
}

function toolEnvironment() {
  const env = { ...process.env };
  // node-gyp's make passes its job server on, which is closed by the time that our build tool looks
  // for it.
  for (const key of Object.keys(env)) if (/^(MAKE|MFLAGS|GNUMAKE)/.test(key)) delete env[key];
  // nvcc is often installed and not on PATH, and CMake looks nowhere else.
  const homes = [env.CUDA_HOME, env.CUDA_PATH, "/usr/local/cuda"].filter(Boolean);
  env.CUDACXX ??= homes
    .map((home) => path.join(home, "bin", "nvcc"))
    .find((file) => fs.existsSync(file));
  if (env.CUDACXX === undefined) delete env.CUDACXX;
  // The same files are compiled for the addon, for the interpreter's and for the packed package's
  // tests, in folders of their own.
  if (!INSTALLED && has("ccache")) {
    for (const language of ["CXX", "CUDA"]) env[`CMAKE_${language}_COMPILER_LAUNCHER`] ??= "ccache";
    env.CCACHE_BASEDIR ??= ROOT;
    env.CCACHE_NOHASHDIR ??= "1";
  }
  return env;
}

/** What is built: the name of its folder under build/, and CMake's definitions. */
function variant({ debug, sanitize, shipped }) {
  const definitions = {};
  for (const key of FROM_ENVIRONMENT) if (process.env[key]) definitions[key] = process.env[key];
  if (sanitize) {
    return {
      name: "Sanitize",
      definitions: {
        ...definitions,
        CMAKE_BUILD_TYPE: "RelWithDebInfo",
        LEAN_SANITIZE: "address,undefined",
        LEAN_CUDA: "OFF", // its host code needs a device, or the interpreter, which is another build
      },
    };
  }
  const name = debug ? "Debug" : "Release";
  definitions.CMAKE_BUILD_TYPE = name;
  // What was compiled for other GPUs stays, for when they are asked for again.
  const chosen = definitions.LEAN_CUDA_ARCHITECTURES?.replaceAll(/\W+/g, "-");
  const folder = [name, shipped && "shipped", chosen].filter(Boolean).join("-");
  if (!shipped) return { name, folder, definitions };
  definitions.LEAN_BLAS = "STATIC";
  if (process.platform === "linux") {
    definitions.LEAN_LINK_STUBS = path.join(ROOT, "build", "link-stubs");
    if (!fs.existsSync(path.join(definitions.LEAN_LINK_STUBS, "stubs.cmake"))) {
      require("./link-stubs.cjs").writeLinkStubs(definitions.LEAN_LINK_STUBS);
    }
  }
  return { name, folder, definitions };
}

/** Builds targets of a variant; returns what finds a file that was made. */
function compile(what, targets) {
  const env = toolEnvironment();
  const { name, folder = name, definitions } = variant(what);
  if (what.simt) definitions.LEAN_CUDA = "ON";
  const work = path.join(ROOT, "build", "cmake", folder);
  const wanted = JSON.stringify(definitions);
  const stamp = path.join(work, "configured.json");
  // CMake itself notices a changed list or a new source file; only other options need it to be
  // told.
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== wanted) {
    fs.rmSync(stamp, { force: true });
    const generator =
      !fs.existsSync(path.join(work, "CMakeCache.txt")) && !env.CMAKE_GENERATOR && has("ninja")
        ? ["-G", "Ninja"]
        : [];
    const defines = Object.entries(definitions).map(([key, value]) => `-D${key}=${value}`);
    run("cmake", ["-S", ROOT, "-B", work, ...generator, ...defines], env);
    fs.writeFileSync(stamp, wanted);
  }
  const config = definitions.CMAKE_BUILD_TYPE;
  const jobs = process.env.LEAN_JOBS || String(os.availableParallelism());
  const settings = ["--config", config, "--target", ...targets, "--parallel", jobs];
  run("cmake", ["--build", work, ...settings], env);
  return (file) =>
    [work, path.join(work, config)]
      .map((dir) => path.join(dir, file))
      .find((candidate) => fs.existsSync(candidate));
}

/** Builds and returns the path of the addon. */
function build({ to, simt = false, ...what } = {}) {
  const { name } = variant(what);
  // What is for tests alone is not linked for old systems: then it has a build of its own.
  const together = simt && !what.shipped;
  const tests = Object.keys(SIMT);
  const made = compile({ ...what, simt: together }, ["lean_optim", ...(together ? tests : [])]);
  const target = path.join(path.resolve(ROOT, to ?? path.join("build", name)), OUTPUT);
  copyIfChanged(made(OUTPUT), target);
  if (simt) {
    const madeForTests = together ? made : compile({ simt }, tests);
    for (const file of Object.values(SIMT)) {
      copyIfChanged(madeForTests(file), path.join(ROOT, "build", file));
    }
  }
  // A user's node_modules need not keep the objects.
  if (INSTALLED) fs.rmSync(path.join(ROOT, "build", "cmake"), { recursive: true, force: true });
  return target;
}

function copyIfChanged(from, to) {
  const { mtime, mtimeMs } = fs.statSync(from);
  if (fs.existsSync(to) && fs.statSync(to).mtimeMs === mtimeMs) return;
  fs.mkdirSync(path.dirname(to), { recursive: true });
  // A new file, renamed over the old one: a process that has the old one mapped keeps it whole.
  const temporary = `${to}.${process.pid}`;
  fs.copyFileSync(from, temporary);
  fs.utimesSync(temporary, mtime, mtime);
  fs.renameSync(temporary, to);
}

function main(argv) {
  const flag = (name) => argv.includes(name);
  const at = argv.indexOf("--to");
  const prebuildify = process.env.PREBUILD_PLATFORM !== undefined;
  return build({
    to: at < 0 ? undefined : argv[at + 1],
    debug: flag("--debug"),
    sanitize: flag("--sanitize"),
    simt: flag("--simt"),
    shipped: flag("--shipped") || Boolean(process.env.LEAN_OPTIM_SHIPPED) || prebuildify,
  });
}

module.exports = { BuildError, build, main };

if (require.main === module) {
  try {
    console.log(`built ${path.relative(process.cwd(), main(process.argv.slice(2)))}`);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`lean-optim: ${error.message}`);
    process.exitCode = 1;
  }
}
