"use strict";
// Link stubs: what lets a binary that was built on a new Linux run on an old one, without a
// container or a download.
//
// A symbol of glibc or libstdc++ is bound to the newest version that the machine that links has,
// and that version is then wanted wherever the binary runs. But each library also still has its
// older versions. So for each system library a stub is made here: an empty shared library of the
// same name, whose symbols are those of this machine's one, each in the newest version that is not
// above the floor. Linked against those, the binary asks for nothing newer, and what a new system
// alone has is an error of the linker's or of the check in scripts/check-binary.cjs
// (cmake/link-shim.cpp fills the few such gaps there are).
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

// glibc 2.28 is what Node's own builds want since version 18, so a machine that runs them has it,
// and a libstdc++ of GCC 8 beside it. GCC 6's already has all that is used here (std::thread).
const FLOOR = { GLIBC: "2.28", GLIBCXX: "3.4.22", CXXABI: "1.3.10", GCC: "7.0.0" };

// needed: recorded in the binary even where nothing is taken from it. Since glibc 2.34 what these
// had is in libc, and here too; an older system looks for it in them.
const LIBRARIES = [
  { name: "libc.so.6" },
  { name: "libm.so.6" },
  { name: "libstdc++.so.6" },
  { name: "libgcc_s.so.1" },
  { name: process.arch === "arm64" ? "ld-linux-aarch64.so.1" : "ld-linux-x86-64.so.2" },
  { name: "libpthread.so.0", needed: true },
  { name: "libdl.so.2", needed: true },
  { name: "librt.so.1", needed: true },
];

/** Compares dotted versions as numbers: negative, zero or positive. */
function compareVersions(a, b) {
  const x = a.split(".").map(Number);
  const y = b.split(".").map(Number);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Splits `GLIBC_2.28` into family and number; undefined where the family is none of the FLOOR's. */
function parseVersion(version) {
  const match = /^([A-Z]+)_(\d+(?:\.\d+)*)$/.exec(version);
  return match && match[1] in FLOOR ? { family: match[1], number: match[2] } : undefined;
}

function isAboveFloor(version) {
  const parsed = parseVersion(version);
  return parsed !== undefined && compareVersions(parsed.number, FLOOR[parsed.family]) > 0;
}

/** The symbols that a library defines: for each the newest version not above the floor. */
function oldestSymbols(file) {
  const table = execFileSync("readelf", ["-W", "--dyn-syms", file], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const best = new Map();
  for (const line of table.split("\n")) {
    const match = /^\s*\d+: \S+\s+(\d+|0x\w+)\s+(\w+)\s+\w+\s+\w+\s+(\w+)\s+([^\s@]+)@@?(\S+)/.exec(
      line,
    );
    if (!match) continue;
    const [, size, type, section, name, version] = match;
    const parsed = parseVersion(version);
    if (
      section === "UND" ||
      section === "ABS" ||
      type === "TLS" ||
      !parsed ||
      isAboveFloor(version)
    )
      continue;
    const other = best.get(name);
    if (other && compareVersions(parseVersion(other.version).number, parsed.number) >= 0) continue;
    best.set(name, { name, version, size: Number(size), isData: type === "OBJECT" });
  }
  return [...best.values()];
}

function writeStub(compiler, symbols, name, out) {
  const assembly = ['.section .note.GNU-stack,"",%progbits', ".data"];
  symbols.forEach((symbol, i) => {
    assembly.push(
      `.globl s${i}`,
      `.type s${i}, %${symbol.isData ? "object" : "function"}`,
      `.size s${i}, ${symbol.size}`,
      `s${i}: .byte 0`,
      `.symver s${i}, ${symbol.name}@@@${symbol.version}`,
    );
  });
  const versions = [...new Set(symbols.map((symbol) => symbol.version))];
  const source = path.join(out, `${name}.s`);
  const script = path.join(out, `${name}.map`);
  fs.writeFileSync(source, `${assembly.join("\n")}\n`);
  fs.writeFileSync(script, versions.map((version) => `${version} {};\n`).join(""));
  const library = path.join(out, name);
  const options = ["-shared", "-nostdlib", `-Wl,-soname,${name}`, `-Wl,--version-script,${script}`];
  execFileSync(compiler, [...options, "-o", library, source], { stdio: "inherit" });
  fs.rmSync(source);
  fs.rmSync(script);
  return library;
}

/** Writes the stubs into `out`, with a file `stubs.cmake` that names them. */
function writeLinkStubs(out, compiler = process.env.CXX || "c++") {
  fs.mkdirSync(out, { recursive: true });
  const where = (name) =>
    execFileSync(compiler, [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
  const words = ["-Wl,--push-state"];
  for (const { name, needed } of LIBRARIES) {
    const file = where(name);
    if (!path.isAbsolute(file)) throw new Error(`${name} was not found on this machine`);
    words.push(
      needed ? "-Wl,--no-as-needed" : "-Wl,--as-needed",
      writeStub(compiler, oldestSymbols(file), name, out),
    );
  }
  words.push("-Wl,--pop-state");
  fs.writeFileSync(path.join(out, "stubs.cmake"), `set(LEAN_STUBS "${words.join(" ")}")\n`);
}

module.exports = { FLOOR, compareVersions, isAboveFloor, parseVersion, writeLinkStubs };
