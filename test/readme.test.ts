/** What the documents say: examples run, and links lead somewhere. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { transformSync } from "@swc/core";
import * as library from "lean-optim";

const root = join(__dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("examples of the README", () => {
  // Those of devices need one.
  const examples = [...read("README.md").matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map(([, code = ""]) => code)
    .filter((code) => code.includes('from "lean-optim"') && !/cuda/i.test(code));

  test("there are some", () => expect(examples.length).toBeGreaterThan(0));

  test.each(examples)("%#", (example) => {
    const folder = mkdtempSync(join(tmpdir(), "lean-optim-readme-"));
    const log = jest.spyOn(console, "log").mockImplementation(() => {});
    const { code } = transformSync(
      example.replaceAll('"state.safetensors"', JSON.stringify(join(folder, "state.safetensors"))),
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
      },
    );
    try {
      new Function("require", "exports", code)(() => library, {});
    } finally {
      log.mockRestore();
      rmSync(folder, { recursive: true });
    }
  });
});

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

test.each(documents)("links of %s", (document) => {
  const targets = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.replace(/#.*/, ""))
    .filter((target) => target !== "" && !/^\w+:/.test(target));
  const folder = join(root, dirname(document));
  expect(targets.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
});
