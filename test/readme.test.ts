/** The README's examples run as they stand; those for a GPU on the interpreter. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cudaBackends } from "./support/backends.js";

const root = join(__dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const examples = Array.from(readme.matchAll(/^```ts\n(.+?)^```$/gms), ([, code]) => code as string);
const [onHost, onGpu] = examples as [string, string];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in a folder of its own, where it may write. */
function run(code: string) {
  const file = join(folder, "example.ts");
  writeFileSync(file, code);
  const args = ["-r", join(root, "scripts/ts.cjs"), file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("there are two", () => {
  expect(examples).toHaveLength(2);
  expect(onHost).not.toContain("cuda");
  expect(onGpu).toContain('device: "cuda"');
});

test("on the CPU", () => {
  const { status, stdout, stderr } = run(onHost);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/byKind/);
}, 60_000);

const device = cudaBackends[0];

(device === undefined ? test.skip : test)(
  "on a GPU's addresses",
  () => {
    // The interpreter's memory is not the public `cuda`'s.
    const memory = `import { deviceMemory } from "${join(root, "lib/device-memory.ts")}";`;
    const code = onGpu
      .replace(", cuda }", " }")
      .replace(/^$/m, `${memory}\nconst cuda = deviceMemory("${device}");\n`)
      .replace('device: "cuda"', `device: "${device}"`);
    const { status, stdout, stderr } = run(code);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [first, second] = stdout.match(/0\.0\d+/g) as [string, string];
    // Two steps have moved the weights, by the sine of their numbers: the first one's gradient is 0.
    expect(Number(first)).not.toBe(Number(second));
    expect(Math.abs(Number(second) - 0.02)).toBeGreaterThan(1e-6);
    expect(Math.abs(Number(second) - 0.02)).toBeLessThan(0.02);
  },
  60_000,
);
