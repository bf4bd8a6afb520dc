import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** Asks a new process for the addon, since this one may have loaded it. */
function load(binary: string): { code: string; message: string; file?: string } {
  const program = `
    const binding = require("./lib/binding.ts");
    try {
      binding.loadBinding();
      console.log(JSON.stringify({ file: binding.bindingFile() }));
    } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message }));
    }`;
  const { stdout } = spawnSync(process.execPath, ["-r", "./scripts/ts.cjs", "-e", program], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, LEAN_OPTIM_BINARY: binary },
  });
  return JSON.parse(stdout);
}

describe("loading the addon", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("a file that is none says so, with the loader's own reason", () => {
    const file = join(folder, "broken.node");
    writeFileSync(file, "not an addon");
    const { code, message } = load(file);
    expect(code).toBe("ERR_LEAN_NO_BINARY");
    expect(message).toContain(`${file} cannot be loaded on this machine (${process.platform}-`);
    expect(message).toMatch(/file too short|invalid ELF header|not a mach-o|not a valid Win32/i);
    expect(message).toContain("LEAN_OPTIM_BINARY names it");
  });

  test("a file that is missing says so", () => {
    const file = join(folder, "missing.node");
    const { code, message } = load(file);
    expect(code).toBe("ERR_LEAN_NO_BINARY");
    expect(message).toContain(file);
    expect(message).toMatch(/no such file|cannot find/i);
  });

  test("without LEAN_OPTIM_BINARY this checkout's build is taken", () => {
    expect(load("").file).toContain(join(root, "build"));
  });
});
