"use strict";

// What a binary for everybody's machine must be, checked in the file itself: it asks for no newer
// system libraries than Node does, needs no others, shows nothing but Node-API's two entry points,
// and runs no AVX instruction before it has looked at the processor. `npm publish` and the tests
// run this.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { isAboveFloor } = require("./link-stubs.cjs");

const ENTRY_POINTS = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];
const SYSTEM_LIBRARY = /^(?:lib(?:c|m|dl|pthread|rt|stdc\+\+|gcc_s)|ld-linux-.*)\.so\.\d+$/;
// What AVX, AVX-512 and BMI add, by name, and the registers that only they have.
const NEW_INSTRUCTION =
  /\t(?:v[a-z]\w+|k(?:mov|or|and|xor)\w*|rorx|s[ahr]+[lr]x|mulx|andn|bextr|bls\w+|pdep|pext)\b|%[yz]mm/;

const read = (command, ...args) =>
  execFileSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28 });

function dynamicSymbols(file) {
  const pattern = /^\s*\d+: \S+\s+\S+\s+\w+\s+(\w+)\s+\w+\s+(\w+)\s+([^\s@]+)(?:@@?(\S+))?/;
  return read("readelf", "-W", "--dyn-syms", file)
    .split("\n")
    .map((line) => pattern.exec(line))
    .filter(Boolean)
    .map(([, binding, section, name, version]) => ({
      binding,
      name,
      version,
      undefined: section === "UND",
    }));
}

/** Everything that is wrong with an addon, as sentences; empty where nothing is. */
function problemsOfBinary(file) {
  const problems = [];
  const symbols = dynamicSymbols(file);
  for (const { name, version, binding, ...symbol } of symbols) {
    if (!symbol.undefined) {
      if (!ENTRY_POINTS.includes(name)) problems.push(`it exports ${name}`);
    } else if (version && isAboveFloor(version)) {
      problems.push(`${name} needs ${version}`);
    } else if (!version && binding !== "WEAK" && !/^(?:napi|node_api)_/.test(name)) {
      problems.push(`nothing defines ${name}`);
    }
  }
  for (const name of ENTRY_POINTS) {
    if (!symbols.some((symbol) => symbol.name === name)) problems.push(`it lacks ${name}`);
  }
  const dynamic = read("readelf", "-W", "-d", file);
  for (const [, library] of dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)) {
    if (!SYSTEM_LIBRARY.test(library)) problems.push(`it needs ${library}`);
  }
  if (/\((?:RPATH|RUNPATH)\)/.test(dynamic))
    problems.push("it has a library path of the machine that built it");
  if (!/\bNODELETE\b/.test(dynamic)) problems.push("it may be unmapped while its threads run");
  if (/GNU_STACK.*RWE/.test(read("readelf", "-W", "-l", file)))
    problems.push("its stack is executable");
  return problems;
}

const isCall = (instruction) => /\t(?:call|j\w+)\b/.test(instruction ?? "");

/** A disassembled object, by section: each is one function (-ffunction-sections), or its cold part. */
function sectionsOf(object) {
  const sections = new Map();
  const sectionOfSymbol = new Map();
  let section;
  for (const line of read("objdump", "-dr", "--no-show-raw-insn", object).split("\n")) {
    const heading = /^Disassembly of section (\S+):$/.exec(line);
    const symbol = /^[0-9a-f]+ <(\S+)>:$/.exec(line);
    const target = /^\s+[0-9a-f]+: R_\w+\s+([^\s+-]+)/.exec(line);
    if (heading) {
      section = { instructions: [], calls: [] };
      sections.set(heading[1], section);
    } else if (symbol) sectionOfSymbol.set(symbol[1], section);
    else if (target && isCall(section.instructions.at(-1))) section.calls.push(target[1]);
    else if (/^\s+[0-9a-f]+:\t/.test(line)) section.instructions.push(line);
  }
  return { sections, find: (name) => sections.get(name) ?? sectionOfSymbol.get(name) };
}

/**
 * The instructions that an older processor lacks, among those that the kernels above the baseline
 * can run when they are loaded. `object` is one of build/cmake/<config>/lean_kernels_<isa>.o.
 * Followed are calls; a function whose address is only stored, as registration does with a kernel,
 * is not run.
 */
function newInstructionsAtLoad(object) {
  const { sections, find } = sectionsOf(object);
  const reached = new Set();
  const reach = (section) => {
    if (!section || reached.has(section)) return;
    reached.add(section);
    for (const name of section.calls) reach(find(name));
  };
  for (const [name, section] of sections) if (name.startsWith(".text.startup")) reach(section);
  return [...reached].flatMap((section) =>
    section.instructions.filter((line) => NEW_INSTRUCTION.test(line)),
  );
}

module.exports = { newInstructionsAtLoad, problemsOfBinary };

if (require.main === module) {
  const prebuilds = path.join(__dirname, "..", "prebuilds");
  const found = fs.existsSync(prebuilds) ? fs.readdirSync(prebuilds, { recursive: true }) : [];
  const files = found
    .filter((file) => /^linux-.*\.node$/.test(file))
    .map((file) => path.join(prebuilds, file));
  if (files.length === 0) {
    console.error("prebuilds/ holds no binary for Linux: npm run prebuildify");
    process.exitCode = 1;
  }
  for (const file of files) {
    for (const problem of problemsOfBinary(file)) {
      console.error(`${file}: ${problem}`);
      process.exitCode = 1;
    }
  }
}
