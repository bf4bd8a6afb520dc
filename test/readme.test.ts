/** The README's examples run as they stand; those for a GPU on the interpreter. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cudaBackends } from "./support/backends.js";

const root = join(__dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

interface Example {
  /** Its first line that is no import: what it is about. */
  readonly title: string;
  readonly code: string;
}

const examples = Array.from(readme.matchAll(/^```ts\n(.+?)^```$/gms), ([, code]): Example => {
  const [title] = (code as string).split("\n").filter((line) => !/^import |^$/.test(line));
  return { title: title as string, code: code as string };
});
const isForGpu = ({ code }: Example) => code.includes('device: "cuda"');
const onHost = examples.filter((example) => !isForGpu(example));
const onGpu = examples.filter(isForGpu);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program in a folder of its own, where it may write; what it prints. */
function run(code: string): string {
  const file = join(folder, "example.ts");
  writeFileSync(file, code);
  const args = ["-r", join(root, "scripts/ts.cjs"), file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

test("there are some of both", () => {
  expect(onHost.length).toBeGreaterThan(0);
  expect(onGpu).toHaveLength(1);
});

test.each(onHost)(
  "on the CPU: $title",
  ({ code }) => {
    run(code);
  },
  60_000,
);

const [device] = cudaBackends;

(device === undefined ? test.skip : test)(
  "on a GPU's addresses",
  () => {
    // The interpreter's memory is not the public `cuda`'s.
    const memory = `import { deviceMemory } from "${join(root, "lib/device-memory.ts")}";`;
    const [{ code }] = onGpu as [Example];
    const printed = run(
      code
        .replace(", cuda }", " }")
        .replace(/^$/m, `${memory}\nconst cuda = deviceMemory("${device}");\n`)
        .replace('device: "cuda"', `device: "${device}"`),
    );
    const [first, second] = printed.match(/0\.0\d+/g) as [string, string];
    // Two steps have moved the weights, by the sine of their numbers: the first one's gradient is 0.
    expect(Number(first)).not.toBe(Number(second));
    expect(Math.abs(Number(second) - 0.02)).toBeGreaterThan(1e-6);
    expect(Math.abs(Number(second) - 0.02)).toBeLessThan(0.02);
  },
  60_000,
);
