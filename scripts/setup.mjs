// Gets a checkout ready to run, from nothing: the tools that a build needs, node_modules, the
// addon. Each part is done only where it is missing or out of date, so calling it always costs a
// second or two.
import fs from "node:fs";
import path from "node:path";
import { heading, mustRun, output, root, Stop } from "./support.mjs";

const MINIMUM_NODE = [20, 19];

const find = (command) => output("sh", ["-c", `command -v ${command}`]);

/** The path of a browser for the tests that look at pages. */
export function findChromium() {
  const candidates = [
    process.env.LEAN_OPTIM_CHROMIUM,
    "chromium",
    "chromium-browser",
    "google-chrome",
  ];
  return candidates.filter(Boolean).map(find).find(Boolean);
}

function findOpenBlas() {
  const folders = fs
    .readdirSync("/usr/lib")
    .map((name) => path.join("/usr/lib", name, "openblas-serial"));
  return folders.find((folder) => fs.existsSync(path.join(folder, "libopenblas.a")));
}

// Packages by Debian's and Ubuntu's names. Elsewhere OpenBLAS has many homes: CMake looks for it,
// and says what it misses.
const BUILD_TOOLS = [
  { name: "CMake", find: () => find("cmake"), package: "cmake" },
  { name: "a C++ compiler", find: () => find(process.env.CXX || "c++"), package: "g++" },
  { name: "make or ninja", find: () => find("ninja") ?? find("make"), package: "ninja-build" },
  { name: "ccache", find: () => find("ccache"), package: "ccache", onlyApt: true },
  { name: "OpenBLAS", find: findOpenBlas, package: "libopenblas-serial-dev", onlyApt: true },
];
const DOCTEST = {
  name: "doctest",
  find: () => fs.existsSync("/usr/include/doctest/doctest.h"),
  package: "doctest-dev",
  onlyApt: true,
};
const CHROMIUM = { name: "Chromium", find: findChromium, package: "chromium" };

/** How this process may call apt-get, or undefined. */
function aptGet() {
  if (process.getuid?.() === 0) return ["apt-get"];
  return output("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n", "apt-get"];
}

function ensureTools(tools) {
  const hasApt = find("apt-get") !== undefined;
  const missing = tools.filter((tool) => (hasApt || !tool.onlyApt) && !tool.find());
  if (missing.length === 0) return;
  const names = missing.map((tool) => tool.name).join(", ");
  if (!hasApt) throw new Stop(`Missing: ${names}. Install them and try again.`);

  const packages = missing.map((tool) => tool.package);
  const apt = aptGet();
  if (!apt)
    throw new Stop(
      `Missing: ${names}. Install them with:\n  sudo apt-get install -y ${packages.join(" ")}`,
    );
  heading(`Installing ${packages.join(" ")}`);
  const [command, ...prefix] = apt;
  // dpkg's progress, a line for each package and step, is of interest to nobody.
  const quiet = { env: { DEBIAN_FRONTEND: "noninteractive" }, hideOutput: true };
  mustRun(command, [...prefix, "update", "-qq"], quiet);
  mustRun(command, [...prefix, "install", "-y", "--no-install-recommends", ...packages], quiet);
}

function ensureModules() {
  const time = (file) =>
    fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // A link leads to another checkout's, which npm would empty first.
  const modules = fs.lstatSync(path.join(root, "node_modules"), { throwIfNoEntry: false });
  if (modules?.isSymbolicLink()) return;
  // npm writes this file last.
  if (time("node_modules/.package-lock.json") >= time("package-lock.json")) return;
  heading("Installing node_modules");
  // No scripts: the addon is built below, where its output can be seen, and nothing else here needs
  // one.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  // Its errors are shown even under `npm run --silent`, which would otherwise pass that on.
  mustRun("npm", [...args, "--loglevel=error"]);
}

/** nvcc, which the CUDA code is compiled with and tested by: it writes the PTX that runs here. */
function findNvcc() {
  if (process.env.LEAN_CUDA === "OFF") return undefined;
  const homes = [process.env.CUDA_HOME, process.env.CUDA_PATH, "/usr/local/cuda"].filter(Boolean);
  const files = homes.map((home) => path.join(home, "bin", "nvcc"));
  return files.find((file) => fs.existsSync(file)) ?? find("nvcc");
}

function ensureBuilt(nvcc) {
  heading("Building the addon");
  if (!nvcc) {
    console.log("Without nvcc there is no CUDA backend, and its tests (test/simt) are skipped.");
  }
  mustRun(process.execPath, ["scripts/build-native.cjs", ...(nvcc ? ["--simt"] : [])]);
}

export function setup({ browser = false } = {}) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_NODE;
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new Stop(
      `This takes Node ${MINIMUM_NODE.join(".")} or later, and this is ${process.versions.node}.`,
    );
  }
  const nvcc = findNvcc();
  const tools = [...BUILD_TOOLS];
  if (nvcc) tools.push(DOCTEST);
  if (browser) tools.push(CHROMIUM);
  ensureTools(tools);
  ensureModules();
  ensureBuilt(nvcc);
}
