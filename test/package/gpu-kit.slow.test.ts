/** The GPU kit as it travels: packed, unpacked elsewhere, and rehearsed with nothing but what is in it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cudaBackends } from "../support/backends.js";

const root = join(__dirname, "..", "..");
const onInterpreter = cudaBackends.includes("simt") ? describe : describe.skip;

/** What any Linux has; no Node, no compiler, no Python. */
const tools = ["sh", "dirname", "tar", "xz", "mv", "mkdir", "rm", "chmod"];

onInterpreter("the packed GPU kit", () => {
  let folder: string;
  let run: (...args: string[]) => ReturnType<typeof spawnSync>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
    execFileSync(process.execPath, ["scripts/gpu-kit.mjs", "--rehearsal", "--fast"], {
      cwd: root,
      stdio: "ignore",
    });
    execFileSync("tar", ["xf", join(root, "build", "gpu-kit-rehearsal.tar"), "-C", folder]);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const tool of tools) {
      const file = execFileSync("which", [tool], { encoding: "utf8" }).trim();
      symlinkSync(file, join(bin, tool));
    }
    run = (...args) =>
      spawnSync(join(folder, "gpu-kit", "run.sh"), [...args, "--device", "simt"], {
        cwd: folder,
        encoding: "utf8",
        env: { PATH: bin, HOME: folder },
      });
  }, 10 * 60_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  test(
    "runs all its stages, and leaves one file each where it was called from",
    () => {
      const { status, stdout, stderr } = run("all");
      expect(`${stdout}${stderr}`).not.toContain("FAILED");
      expect(status).toBe(0);
      const files = readdirSync(join(folder, "results")).sort();
      expect(files).toEqual(
        ["bench", "ceilings", "peers", "refresh", "sanitize", "verify"].map(
          (name) => `${name}.json`,
        ),
      );
      const { device } = JSON.parse(readFileSync(join(folder, "results", "bench.json"), "utf8"));
      expect(device.build).toMatch(/^\d+\.\d+\.\d+ [0-9a-f]{7,}\+?$/);
    },
    5 * 60_000,
  );

  test("takes another folder, and starts at once when it is unpacked already", () => {
    const { status } = run("verify", "--out", "other");
    expect(status).toBe(0);
    expect(readdirSync(join(folder, "other"))).toEqual(["verify.json"]);
  }, 60_000);
});
