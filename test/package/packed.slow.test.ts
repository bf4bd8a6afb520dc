/**
 * The package as users get it: packed from its sources, its binary built from nothing but what is
 * packed, then installed into an empty folder on a machine that has no compiler.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { newInstructionsAtLoad, problemsOfBinary } from "../../scripts/check-binary.cjs";

/** With two of the release's six architectures, of what that may have (scripts/release.mjs). */
const MAXIMUM_PACKED_BYTES = 9e6;
const root = join(__dirname, "..", "..");
const npmCommand = realpathSync(execFileSync("which", ["npm"], { encoding: "utf8" }).trim());

/** What a user does first: a step of an optimizer. Prints whether it changed the weights, or why not. */
const firstStep = `
  const { Optimizer, adamSNSM } = require("lean-optim");
  const data = new Float32Array(64 * 32).fill(1);
  const grad = Float32Array.from(data, (_, i) => Math.sin(i + 1));
  const params = [{ name: "weight", data, grad, shape: [64, 32] }];
  try {
    new Optimizer([{ params, optimizer: adamSNSM({ lr: 0.01, rank: 8 }) }]).step();
    console.log(data.every((x) => Math.abs(x - 1) < 0.5 && x !== 1));
  } catch ({ code, message }) {
    console.log(code, message);
  }`;

let folder: string;
let sources: string;
let withoutBinary: string;
let tarball: string;

/** The environment of a shell, not of the npm script that these tests may run under. */
function cleanEnvironment(path = process.env.PATH): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|LEAN_|PREBUILD|CI$)/.test(name),
  );
  return { ...Object.fromEntries(own), PATH: path, npm_config_loglevel: "error" };
}

function run(cwd: string, command: string, args: string[], env = cleanEnvironment()) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { status, stdout, text: stdout + stderr };
}

function mustRun(cwd: string, command: string, args: string[], env?: NodeJS.ProcessEnv): string {
  const { status, stdout, text } = run(cwd, command, args, env);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${text}`);
  return stdout;
}

function pack(from: string, to: string): string {
  mkdirSync(to, { recursive: true });
  mustRun(from, "npm", ["pack", "--ignore-scripts", "--pack-destination", to]);
  const [file] = readdirSync(to);
  return join(to, file);
}

/** A PATH on which there is Node, npm and a shell, and nothing that could build anything. */
function pathWithoutTools(): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const links = { node: process.execPath, npm: npmCommand, sh: "/bin/sh" };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(bin, name));
  return bin;
}

/** A user's folder, into which the tarball was installed. */
function install(name: string, file: string, env: NodeJS.ProcessEnv): string {
  const project = join(folder, name);
  mkdirSync(project);
  mustRun(project, "npm", ["init", "-y"], env);
  mustRun(project, "npm", ["install", "--prefer-offline", file], env);
  return project;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-package-"));
  mustRun(root, process.execPath, ["scripts/build-ts.mjs"]);
  mustRun(folder, "tar", ["xf", pack(root, join(folder, "checkout"))]);
  sources = join(folder, "package");
  rmSync(join(sources, "prebuilds"), { recursive: true, force: true });
  withoutBinary = pack(sources, join(folder, "without-binary"));
  mustRun(sources, "npm", [
    "install",
    "--omit=dev",
    "--omit=peer",
    "--ignore-scripts",
    "--prefer-offline",
  ]);
  // The script is the repository's: a release is made there.
  copyFileSync(join(root, "scripts", "link-stubs.cjs"), join(sources, "scripts", "link-stubs.cjs"));
  const { prebuildify } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
  const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  mustRun(sources, "sh", ["-c", prebuildify], { ...cleanEnvironment(path), LEAN_WERROR: "ON" });
  tarball = pack(sources, join(folder, "packed"));
}, 20 * 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the packed package", () => {
  test("is small", () => {
    expect(statSync(tarball).size).toBeLessThanOrEqual(MAXIMUM_PACKED_BYTES);
  });

  test("holds what it needs and nothing of the workshop", () => {
    const files = mustRun(folder, "tar", ["tzf", tarball]).trim().split("\n");
    for (const file of [
      "LICENSE",
      "README.md",
      "dist/lib/index.mjs",
      "CMakeLists.txt",
      "binding.gyp",
    ]) {
      expect(files).toContain(`package/${file}`);
    }
    const strange = /^package\/(?:node_modules|test|bench|examples|build|\.|.*\.(?:test|bench)\.)/;
    expect(files.filter((file) => strange.test(file))).toEqual([]);
  });
});

const onLinux = process.platform === "linux" ? describe : describe.skip;

onLinux("the prebuilt binary", () => {
  test("runs wherever Node does", () => {
    const folder = join(sources, "prebuilds", `linux-${process.arch}`);
    const file = join(folder, "lean-optim.glibc.node");
    expect(problemsOfBinary(file)).toEqual([]);
  });

  test("runs no newer instruction before it has looked at the processor", () => {
    const objects = join(sources, "build", "cmake", "Release-shipped");
    const joined = readdirSync(objects).filter((file) => /^lean_kernels_\w+\.o$/.test(file));
    expect(joined).toHaveLength(process.arch === "x64" ? 2 : 0);
    for (const file of joined) expect(newInstructionsAtLoad(join(objects, file))).toEqual([]);
  });
});

describe("the package's entry points", () => {
  const tool = (name: string) => join(root, "node_modules", ".bin", name);

  test("are sound to publint", () => {
    expect(run(root, tool("publint"), ["--strict", tarball])).toMatchObject({ status: 0 });
  });

  test("have types that resolve, for CommonJS and for ES modules", () => {
    const args = ["--profile", "node16", tarball];
    expect(run(root, tool("attw"), args)).toMatchObject({ status: 0 });
  });
});

describe("installed without a compiler", () => {
  let env: NodeJS.ProcessEnv;
  let project: string;

  beforeAll(() => {
    env = cleanEnvironment(pathWithoutTools());
    project = install("user", tarball, env);
  }, 120_000);

  test("can be required and imported, and is one library", () => {
    const program = `
      import * as imported from "lean-optim";
      import { createRequire } from "node:module";
      const required = createRequire(import.meta.url)("lean-optim");
      const names = Object.keys(required);
      console.log(names.length > 0 && names.every((name) => imported[name] === required[name]));`;
    const args = ["--input-type=module", "-e", program];
    expect(mustRun(project, "node", args, env).trim()).toBe("true");
  });

  test("steps an optimizer", () => {
    expect(mustRun(project, "node", ["-e", firstStep], env).trim()).toBe("true");
  });

  test("has a working command, which reaches the addon", () => {
    const info = mustRun(project, "npm", ["exec", "lean-optim", "info"], env);
    expect(info).toContain("lean-optim.glibc.node");
  });

  test("says what to do where no binary fits", () => {
    const bare = install("bare", withoutBinary, env);
    const said = mustRun(bare, "node", ["-e", firstStep], env);
    expect(said).toMatch(/^ERR_LEAN_NO_BINARY There is no native addon for this machine/);
    expect(said).toContain("npx lean-optim build");
  }, 120_000);
});
