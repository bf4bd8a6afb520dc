// `npm run gpu-kit`: packs what a machine with an NVIDIA GPU needs to measure this package, with no
// network, compiler or Node there: build/gpu-kit.tar. On that machine:
//
//   tar xf gpu-kit.tar && gpu-kit/run.sh all --out results
//
//   --rehearsal      build/gpu-kit-rehearsal.tar, with the interpreter (build/simt.node) for a GPU
//   --fast           packs Node quickly and badly
//
// LEAN_CUDA_ARCHITECTURES is what the kernels are compiled for (90a-real).
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { heading, mustRun, output, root, Stop, script, tool } from "./support.mjs";

const MAXIMUM_BYTES = 35 * 2 ** 20;
const isRehearsal = process.argv.includes("--rehearsal");
const name = isRehearsal ? "gpu-kit-rehearsal" : "gpu-kit";
const work = path.join(root, "build", name);
const kit = path.join(work, "gpu-kit");
const contents = path.join(work, "package");
const cache = path.join(root, "build", "gpu-kit-cache");

const size = (file) => fs.statSync(file).size;
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** `to` becomes the command's output. */
function redirect(to, command, args, cwd = root) {
  const file = fs.openSync(`${to}.part`, "w");
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", file, "inherit"] });
  fs.closeSync(file);
  if (error || status !== 0) throw new Stop(`${command} failed: ${error?.message ?? status}`);
  fs.renameSync(`${to}.part`, to);
}

/** The Node that runs this, without its symbols: a minute of packing, so it is kept. */
function packNode(level) {
  const packed = path.join(cache, `node-${process.version}-${process.arch}${level}.xz`);
  if (!fs.existsSync(packed)) {
    heading(`Packing Node ${process.version}`);
    fs.mkdirSync(cache, { recursive: true });
    const stripped = path.join(cache, "node");
    fs.copyFileSync(process.execPath, stripped);
    mustRun("strip", [stripped]);
    if (output(stripped, ["-p", "process.version"]) !== process.version) {
      throw new Stop(`${process.execPath} does not run without its symbols`);
    }
    redirect(packed, "xz", [level, "-T0", "-c", stripped]);
    fs.rmSync(stripped);
  }
  fs.copyFileSync(packed, path.join(kit, "node.xz"));
}

/** nvcc's options for CMake's architectures: "90a-real" is machine code alone, "90" has PTX, too. */
function nvccArchitectures(architectures) {
  return architectures.split(";").map((one) => {
    const [, number, kind] = /^(\d+[af]?)(?:-(real|virtual))?$/.exec(one) ?? [];
    if (number === undefined) throw new Stop(`LEAN_CUDA_ARCHITECTURES: ${one} is no architecture`);
    const codes = { real: `sm_${number}`, virtual: `compute_${number}` };
    const code = kind ? codes[kind] : `[${codes.real},${codes.virtual}]`;
    return `-gencode=arch=compute_${number},code=${code}`;
  });
}

function compile(architectures) {
  heading(`Compiling for ${architectures}`);
  const { env } = process;
  mustRun(process.execPath, ["scripts/build-native.cjs", "--to", work], {
    env: { LEAN_OPTIM_SHIPPED: "1", LEAN_CUDA: "ON", LEAN_CUDA_ARCHITECTURES: architectures },
  });
  const addon = path.join(contents, "build", "Release", "lean_optim.node");
  fs.mkdirSync(path.dirname(addon), { recursive: true });
  fs.renameSync(path.join(work, "lean_optim.node"), addon);
  mustRun("strip", ["--strip-unneeded", addon]);
  const homes = [env.CUDA_HOME, env.CUDA_PATH, "/usr/local/cuda"].filter(Boolean);
  const found = homes.map((home) => path.join(home, "bin", "nvcc")).find((f) => fs.existsSync(f));
  const options = ["-std=c++20", "-O3", "--cudart=static", ...nvccArchitectures(architectures)];
  const ceilings = ["bench/gpu/ceilings.cu", "-o", path.join(contents, "ceilings")];
  mustRun(env.CUDACXX ?? found ?? "nvcc", [...options, ...ceilings]);
  mustRun("strip", [path.join(contents, "ceilings")]);
}

function copySimt() {
  for (const file of ["Release/lean_optim.node", "simt.node"]) {
    const to = path.join(contents, "build", file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(path.join(root, "build", file), to);
    mustRun("strip", ["--strip-unneeded", to]);
  }
}

/** What Node loads there, compiled, and what it reads. */
function packPackage(architectures) {
  fs.rmSync(contents, { recursive: true, force: true });
  const dist = path.join(contents, "dist");
  mustRun(tool("tsc"), ["-p", "scripts/tsconfig.gpu-kit.json", "--outDir", dist]);
  const copied = ["package.json", "test/golden", "bench/peers", "node_modules/node-gyp-build"];
  for (const one of copied) {
    const filter = (file) => !file.includes("__pycache__");
    fs.cpSync(path.join(root, one), path.join(contents, one), {
      recursive: true,
      dereference: true,
      filter,
    });
  }
  const commit = output("git", ["rev-parse", "--short", "HEAD"]) ?? "unknown";
  const changed = output("git", ["status", "--porcelain", "--", "lib", "csrc", "bench"]) ? "+" : "";
  const about = { commit: `${commit}${changed}`, architectures, node: process.version };
  fs.writeFileSync(path.join(contents, "kit.json"), `${JSON.stringify(about)}\n`);
  if (isRehearsal) copySimt();
  else compile(architectures);
}

script((args) => {
  const level = args.includes("--fast") ? "-0" : "-9";
  const architectures = process.env.LEAN_CUDA_ARCHITECTURES || "90a-real";
  fs.rmSync(kit, { recursive: true, force: true });
  fs.mkdirSync(kit, { recursive: true });
  packPackage(architectures);
  packNode(level);
  fs.copyFileSync(path.join(root, "scripts/gpu-kit/run.sh"), path.join(kit, "run.sh"));
  // In one order and without dates of today, so that the same files make the same archive.
  const tar = path.join(root, "build", `${name}.tar`);
  const stable = ["--sort=name", "--owner=0", "--group=0", "--mtime=@0"];
  const inner = path.join(kit, "package.tar");
  redirect(inner, "tar", ["c", ...stable, "."], contents);
  mustRun("xz", [level, "-T0", "-f", inner]);
  redirect(tar, "tar", ["c", ...stable, "gpu-kit"], work);
  for (const file of fs.readdirSync(kit))
    console.log(`${file}: ${mib(size(path.join(kit, file)))}`);
  console.log(`build/${name}.tar: ${mib(size(tar))}`);
  if (size(tar) > MAXIMUM_BYTES && !isRehearsal) {
    throw new Stop(`It is over ${mib(MAXIMUM_BYTES)}, which is what it may be.`);
  }
  return 0;
});
