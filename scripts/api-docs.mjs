// Writes docs/api.md from the docstrings: one page with every export of the package, its signature
// and its comment. `--check` only says whether the page is up to date. Reads dist (npm run build:ts).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

const { Extractor, ExtractorConfig } = createRequire(import.meta.url)("@microsoft/api-extractor");

const root = path.join(import.meta.dirname, "..");
const page = path.join(root, "docs", "api.md");

const sections = [
  [
    "Optimizer",
    (e) => ["Optimizer", "ParameterGroup", "Parameter", "OptimizerOptions"].includes(e.name),
  ],
  [
    "Stepping",
    (e) =>
      /^(StepOptions|Arrays|GroupState|CounterReport|MemoryReport|StateDict|StateDictEntry|setThreads)$/.test(
        e.name,
      ),
  ],
  ["Recipes", (e) => e.file.includes("recipes/") || e.file.endsWith("recipe.d.ts")],
  ["Parts", (e) => e.file.includes("parts/")],
  ["Schedules", (e) => e.file.endsWith("schedules.d.ts")],
  ["Everything else", () => true],
];

function extract(entry) {
  const folder = mkdtempSync(path.join(tmpdir(), "lean-api-"));
  try {
    const apiJson = path.join(folder, "api.json");
    const config = ExtractorConfig.prepare({
      configObjectFullPath: path.join(root, "api-extractor.json"),
      packageJsonFullPath: path.join(root, "package.json"),
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath: path.join(root, entry),
        compiler: {
          overrideTsconfig: {
            compilerOptions: {
              target: "es2022",
              lib: ["es2023", "esnext.disposable"],
              module: "node20",
              types: ["node"],
              skipLibCheck: true,
            },
            files: [path.join(root, entry)],
          },
        },
        apiReport: { enabled: false },
        docModel: { enabled: true, apiJsonFilePath: apiJson },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: "none" } },
          extractorMessageReporting: { default: { logLevel: "none" } },
          tsdocMessageReporting: { default: { logLevel: "none" } },
        },
      },
    });
    const result = Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (m) => {
        m.handled = true;
      },
    });
    if (result.errorCount > 0) throw new Error(`${entry}: ${result.errorCount} errors`);
    return JSON.parse(readFileSync(apiJson, "utf8")).members[0].members;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const signature = (member) =>
  member.excerptTokens
    .map(({ text }) => text)
    .join("")
    .replace(/^export (declare )?/, "")
    .trim();

/** A docstring as Markdown: without its stars, tags spelled out, links as names. */
function prose(comment = "") {
  return comment
    .replace(/^\s*\/\*\*/, "")
    .replace(/\*\/\s*$/, "")
    .replace(/^[ \t]*\* ?/gm, "")
    .replace(/^Constructs a new instance of the .* class$/m, "")
    .replace(/\{@link ([^}\s]+)\}/g, "`$1`")
    .replace(/^@throws\s+(?:LeanError\s+)?/gm, "Throws `LeanError`: ")
    .replace(
      /^@example\s*\n((?:(?!^@|^Throws)[\s\S])*)/gm,
      (_, code) => `\n\`\`\`ts\n${code.trim()}\n\`\`\`\n`,
    )
    .replace(/^ (?=\S)/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function entryOf(member) {
  const lines = [`### ${member.name}`, "", "```ts", signature(member), "```", ""];
  const text = prose(member.docComment);
  if (text) lines.push(text, "");
  for (const part of member.members ?? []) {
    if (part.kind === "Constructor" || member.kind === "Class" || member.kind === "Interface") {
      const about = prose(part.docComment)
        .replace(/\n\n/g, "\n\n  ")
        .replace(/\n(?!\n| )/g, "\n  ");
      lines.push(
        `- \`${signature(part).replace(/\s+/g, " ").replace(/;$/, "")}\`${about ? `\n  ${about}` : ""}`,
      );
    }
  }
  lines.push("");
  return lines.join("\n");
}

const exported = extract("dist/lib/index.d.ts").map((m) => ({ ...m, file: m.fileUrlPath ?? "" }));
const left = new Set(exported);
const out = [
  "# API",
  "",
  "Generated from the docstrings by `npm run docs`; edit those. Exports of `lean-optim`; the adapter for TensorFlow.js,",
  "`lean-optim/tfjs`, is described in [examples](../examples/README.md).",
  "",
];
for (const [title, belongs] of sections) {
  const members = [...left].filter(belongs);
  if (members.length === 0) continue;
  out.push(`## ${title}`, "");
  for (const member of members) {
    left.delete(member);
    out.push(entryOf(member));
  }
}
const text = `${out
  .join("\n")
  .replace(/\n{3,}/g, "\n\n")
  .trim()}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(page, text);
} else if (readFileSync(page, "utf8") !== text) {
  console.error("docs/api.md is out of date: npm run docs");
  process.exit(1);
}
