/** The GPU kit (bench/gpu), rehearsed on the interpreter; what its numbers are computed from. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adamSNSM, adamw, muon } from "lean-optim";
import { describeDevice } from "../bench/gpu/device.js";
import { floorMs, total, workOf } from "../bench/gpu/floor.js";
import { collect, measuredGpus } from "../bench/gpu/results.js";
import { powerLawGradient } from "../bench/gpu/spectrum.js";
import {
  type Job,
  OutOfTime,
  type RunOptions,
  readStage,
  runStage,
  type Stage,
  type StageFile,
} from "../bench/gpu/stage.js";
import { ceilings, measuredRates } from "../bench/gpu/stages/ceilings.js";
import { sanitize } from "../bench/gpu/stages/sanitize.js";
import { allGroups } from "../bench/gpu/stages/verify.js";
import { detailTables, goalsOf, speedTable } from "../bench/gpu/tables.js";
import { goldenChecks, kernelChecks } from "../lib/cli/verify/plan.js";
import { matrix, svd } from "./oracle/matrix.js";
import { cudaBackends } from "./support/backends.js";

const root = join(__dirname, "..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const about = {
  name: "A GPU",
  driver: "1.2",
  memory: "1 MiB",
  kind: "cuda/sm_90",
  build: "0 abc",
  clocks: null,
};

describe("a stage", () => {
  const ran: string[] = [];
  beforeEach(() => {
    ran.length = 0;
    jest.spyOn(console, "error").mockImplementation(() => {});
  });
  afterEach(() => jest.restoreAllMocks());

  const job = (key: string, run: Job["run"] = () => ({ value: 1 })): Job => ({
    key,
    run(seconds) {
      ran.push(key);
      return run(seconds);
    },
  });
  const stage = (...jobs: Job[]): Stage => ({ name: "test", open: async () => ({ jobs }) });
  const options = (more: Partial<RunOptions> = {}): RunOptions => ({
    device: "cuda",
    isRehearsal: false,
    out: folder,
    budgetSeconds: 60,
    again: false,
    describe: () => about,
    ...more,
  });
  const outOfTime = () => {
    throw new OutOfTime("enough");
  };

  test("writes its rows, an error as one, and is not run twice", async () => {
    const failing = job("b", () => {
      throw new Error("broken");
    });
    const file = await runStage(stage(job("a"), failing), options());
    expect(file).toMatchObject({ status: "finished", device: about });
    expect(file.rows).toEqual([
      { key: "a", value: 1 },
      { key: "b", error: "broken" },
    ]);
    expect(readStage(folder, "test")).toEqual(file);
    await runStage(stage(job("a"), failing), options());
    expect(ran).toEqual(["a", "b"]);
    await runStage(stage(job("a"), failing), options({ again: true }));
    expect(ran).toEqual(["a", "b", "a", "b"]);
  });

  test("goes on where time ran out", async () => {
    const first = await runStage(stage(job("a"), job("b", outOfTime), job("c")), options());
    expect(first).toMatchObject({ status: "interrupted", rows: [{ key: "a" }] });
    const second = await runStage(stage(job("a"), job("b"), job("c")), options());
    expect(second.status).toBe("finished");
    expect(second.rows.map(({ key }) => key)).toEqual(["a", "b", "c"]);
    expect(ran).toEqual(["a", "b", "b", "c"]);
  });

  test("starts nothing once its time is up", async () => {
    const file = await runStage(stage(job("a")), options({ budgetSeconds: 0 }));
    expect(file).toMatchObject({ status: "interrupted", rows: [] });
    expect(ran).toEqual([]);
  });

  test("has its rows on disk before the next begins, for when it is killed", async () => {
    let found: StageFile | undefined;
    const looking = job("b", () => {
      found = readStage(folder, "test");
      return {};
    });
    await runStage(stage(job("a"), looking), options());
    expect(found).toMatchObject({ status: "interrupted", rows: [{ key: "a" }] });
  });

  test("does not mix devices or builds", async () => {
    await runStage(stage(job("a")), options());
    const other = { ...about, build: "0 def" };
    await runStage(stage(job("a")), options({ describe: () => other }));
    expect(ran).toEqual(["a", "a"]);
    expect(readStage(folder, "test")?.device.build).toBe("0 def");
  });

  test("that cannot run says why, and is tried again", async () => {
    const missing: Stage = { name: "test", open: async () => "no such tool" };
    const file = await runStage(missing, options());
    expect(file).toMatchObject({ status: "skipped", reason: "no such tool", rows: [] });
    expect((await runStage(stage(job("a")), options())).status).toBe("finished");
  });
});

describe("floors", () => {
  const linear = { name: "w", shape: [1376, 512], role: "linear" } as const;
  const elements = 1376 * 512;

  test("AdamW moves 18 bytes an element of bfloat16, its second moment in float32", () => {
    const groups = [{ parameters: [linear], recipe: adamw() }];
    expect(total(workOf(groups, "bfloat16", false))).toEqual({ bytes: 18 * elements, flops: 0 });
    expect(total(workOf(groups, "bfloat16", true)).bytes).toBe(20 * elements);
  });

  test("a subspace's momentum is moved twice, its basis once; either side may be the longer", () => {
    for (const shape of [
      [1376, 512],
      [512, 1376],
    ]) {
      const groups = [{ parameters: [{ ...linear, shape }], recipe: adamSNSM({ rank: 128 }) }];
      const { bytes, flops } = total(workOf(groups, "bfloat16", false));
      const state = 2 * 2 * 1376 * 128 + 2 * 512 * 128 + 2 * 4 * 1376;
      expect(bytes).toBe(6 * elements + state);
      expect(flops).toBe(4 * elements * 128);
    }
  });

  test("orthogonal steps: halves of symmetric products, on Gram matrices where they are small", () => {
    const of = (shape: readonly number[]) =>
      total(workOf([{ parameters: [{ ...linear, shape }], recipe: muon() }], "bfloat16", false));
    const cube = 512 ** 3;
    expect(of([512, 512]).flops).toBe(5 * 4 * cube);
    expect(of([512, 1376]).flops).toBe(2 * 3 * 512 ** 2 * 1376 + (9 + 5) * cube);
    expect(of([1376, 512])).toEqual(of([512, 1376]));
    expect(of([512, 512]).bytes).toBe((6 + 2 * 2) * 512 ** 2);
  });

  test("count what is slower, parameter by parameter", () => {
    const rates = { copyGBs: 1, mmaTflops: 0.001, floatTflops: 0.0001 };
    const work = [
      { bytes: 2e6, flops: 1e6 }, // 2 ms to move, 1 ms to multiply
      { bytes: 1e6, flops: 3e6 },
    ];
    expect(floorMs(work, "bfloat16", rates)).toBeCloseTo(5);
    expect(floorMs(work, "float32", rates)).toBeCloseTo(40);
  });
});

describe("the tools of a machine with a GPU, played by scripts,", () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  function script(name: string, body: string): string {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return file;
  }

  /** Every job of a stage as on a GPU, which here fails where it would use one. */
  async function rows(stage: Stage, wanted: RegExp) {
    const opened = await stage.open({ device: "cuda", isRehearsal: false, out: folder });
    if (typeof opened === "string") return opened;
    const jobs = opened.jobs.filter(({ key }) => wanted.test(key));
    return Promise.all(jobs.map(async ({ key, run }) => ({ key, ...(await run(60)) })));
  }

  test("nvidia-smi tells name, driver and clocks", () => {
    const body = `case "$1" in
      *name,*) echo "NVIDIA X1, 999.1, 7 MiB" ;;
      *clocks.sm,*) echo "100 MHz, 200 MHz, 300 MHz" ;;
      *temperature*) echo "40, 700.00 W" ;;
      *event_reasons*) exit 1 ;;
      *throttle_reasons*) echo "0x4" ;;
    esac`;
    script("nvidia-smi", body);
    process.env.PATH = `${folder}:${process.env.PATH}`;
    expect(describeDevice("cuda")).toMatchObject({
      name: "NVIDIA X1",
      driver: "999.1",
      memory: "7 MiB",
      clocks: {
        sm: "100 MHz",
        smHighest: "200 MHz",
        memory: "300 MHz",
        temperature: "40",
        powerLimit: "700.00 W",
        throttled: "0x4",
      },
    });
    expect(describeDevice("cpu")).toMatchObject({ driver: null, clocks: null });
  });

  test("ceilings are asked for one by one, and floors find their rates", async () => {
    const body = `case "$1" in
      list) printf 'copy\\nmma.sync\\nfloat32\\n' ;;
      copy) echo '{"rate": 4000, "unit": "GB/s"}' ;;
      mma.sync) echo '{"rate": 400}' ;;
      *) echo "no such luck" >&2; exit 1 ;;
    esac`;
    process.env.LEAN_CEILINGS = script("ceilings", body);
    const found = await rows(ceilings, /copy|mma/);
    expect(found).toEqual([
      { key: "copy", rate: 4000, unit: "GB/s" },
      { key: "mma.sync", rate: 400 },
    ]);
    await expect(rows(ceilings, /float32/)).rejects.toThrow("no such luck");
    const file = { stage: "ceilings", rows: [...found, { key: "float32", rate: 50 }] };
    expect(measuredRates(folder)).toBeNull();
    writeFileSync(join(folder, "ceilings.json"), JSON.stringify(file));
    expect(measuredRates(folder)).toEqual({ copyGBs: 4000, mmaTflops: 400, floatTflops: 50 });
    process.env.LEAN_CEILINGS = join(folder, "none");
    expect(await rows(ceilings, /copy/)).toMatch(/none is missing/);
  });

  test("compute-sanitizer's findings are errors, with its report", async () => {
    const body = `case "$*" in
      --version) echo 2025 ;;
      *memcheck*) echo "========= ERROR SUMMARY: 0 errors" ;;
      *) echo "{}"; echo "========= Error: Race reported"
         echo "========= RACECHECK SUMMARY: 1 hazard displayed"; exit 86 ;;
    esac`;
    process.env.LEAN_COMPUTE_SANITIZER = script("compute-sanitizer", body);
    const [clean, found] = (await rows(sanitize, /: prologue$/)) as Record<string, unknown>[];
    expect(clean).toMatchObject({ summary: ["ERROR SUMMARY: 0 errors"] });
    expect(clean).not.toHaveProperty("error");
    expect(found).toMatchObject({
      key: "racecheck: prologue",
      error: "exit status 86",
      summary: ["RACECHECK SUMMARY: 1 hazard displayed"],
      report: expect.stringContaining("Race reported"),
    });
    process.env.LEAN_COMPUTE_SANITIZER = join(folder, "none");
    expect(await rows(sanitize, /./)).toMatch(/does not run here/);
  });
});

test("verify's groups have every case, each in one", () => {
  const groups = allGroups({ device: "cpu", isRehearsal: false, out: folder });
  const filters = groups.map(({ filter }) => new RegExp(filter));
  const checks = [...kernelChecks("cpu"), ...goldenChecks(join(root, "test", "golden"), "cpu")];
  expect(checks.length).toBeGreaterThan(100);
  const strays = checks
    .map(({ file, system, variant }) => `${file} ${system} ${variant}`)
    .filter((name) => filters.filter((filter) => filter.test(name)).length !== 1);
  expect(strays).toEqual([]);
});

test("a gradient of a given spectrum has it", () => {
  const n = 32;
  const exact = svd(matrix(n, n, Float64Array.from(powerLawGradient(n, { noise: 0 }))));
  exact.values.forEach((value, i) => {
    expect(value / (i + 1) ** -0.6).toBeCloseTo(1, 5);
  });
  const squares = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
  const clean = powerLawGradient(256, { noise: 0 });
  const noisy = powerLawGradient(256, { noise: 0.5 });
  const difference = noisy.map((x, i) => x - (clean[i] as number));
  expect(Math.sqrt(squares(difference) / squares(clean))).toBeCloseTo(0.5, 1);
  expect(() => powerLawGradient(12)).toThrow(RangeError);
});

describe("the tables", () => {
  const stageOf = (stage: string, rows: StageFile["rows"]) => ({
    stage,
    status: "finished" as const,
    device: about,
    seconds: 1,
    rows,
  });
  const ms = { lower: 1, median: 2, upper: 3 };
  const step = { model: "llama-60m", dtype: "bfloat16", isClipped: false, ms, median: 2 };
  const write = (file: object & { stage: string }) =>
    writeFileSync(join(folder, `${file.stage}.json`), JSON.stringify(file));

  function measured() {
    write(
      stageOf("bench", [
        {
          key: "llama-60m bfloat16 adamSN",
          ...step,
          recipe: "adamSN",
          rank: null,
          timesFloor: 1.1,
        },
        {
          key: "llama-60m bfloat16 adamSNSM rank 128",
          ...step,
          recipe: "adamSNSM",
          rank: 128,
          timesFloor: 1.6,
        },
      ]),
    );
    const peer = { model: "llama-60m", dtype: "bfloat16", ms, median: 40 };
    write(
      stageOf("peers", [
        { key: "llama-60m bfloat16 torch.optim.AdamW", ...peer },
        { key: "llama-60m bfloat16 eager AdamSNSM rank 128, linear layers", ...peer },
      ]),
    );
    return collect(folder, "2000-01-01");
  }

  test("compare with the goals what was measured, and nothing else", () => {
    const verdicts = goalsOf(measured()).map(({ what, value, isMet }) => [what, value, isMet]);
    expect(verdicts.slice(0, 4)).toEqual([
      ["AdamSN", 1.1, true],
      ["AdamSNSM, rank 128", 1.6, false],
      ["AdamSNSM, rank 256", undefined, undefined],
      ["the published eager step over ours, LLaMA-60M", 20, true],
    ]);
    expect(verdicts.slice(4).every(([, value]) => value === undefined)).toBe(true);
  });

  test("show a measured device", () => {
    const results = measured();
    expect(speedTable([results])).toContain("| adamSN, llama-60m, A GPU | 2 | 1.1 | 0.05 |");
    expect(detailTables([results])).toContain("### A GPU");
  });

  test("refuse a rehearsal, and stages of two devices", () => {
    write({ ...stageOf("bench", []), device: { ...about, kind: "simt/sm_90" } } as never);
    expect(() => collect(folder, "")).toThrow(/rehearsal/);
    write(stageOf("bench", []));
    write({ ...stageOf("peers", []), device: { ...about, name: "Another" } } as never);
    expect(() => collect(folder, "")).toThrow(/several devices/);
  });

  test("of the README and the benchmarks are those of bench/results", () => {
    const gpus = measuredGpus();
    const section = (text: string) => `<!-- gpu -->\n${text}\n<!-- /gpu -->`;
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(section(speedTable(gpus)));
    const benchmarks = readFileSync(join(root, "docs/benchmarks.md"), "utf8");
    expect(benchmarks).toContain(section(detailTables(gpus)));
  });
});

const onInterpreter = cudaBackends.includes("simt") ? describe : describe.skip;

onInterpreter("the rehearsal", () => {
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ["-r", "./scripts/ts.cjs", "bench/gpu/main.ts", ...args, "--device", "simt", "--out", folder],
      { cwd: root, encoding: "utf8", env: { ...process.env, LEAN_OPTIM_PYTHON: "/no/python" } },
    );

  test("runs every stage to its end, and says what it left out and why", () => {
    const { status, stdout, stderr } = run("all");
    expect(`${stdout}${stderr}`).not.toContain("FAILED");
    expect(status).toBe(0);
    const files = ["ceilings", "verify", "sanitize", "bench", "refresh", "peers"].map(
      (name) => readStage(folder, name) as StageFile,
    );
    expect(files.map((file) => [file.stage, file.status])).toEqual([
      ["ceilings", "skipped"],
      ["verify", "finished"],
      ["sanitize", "finished"],
      ["bench", "finished"],
      ["refresh", "finished"],
      ["peers", "skipped"],
    ]);
    const [ceilings, verify, , bench, refresh, peers] = files as [
      StageFile,
      StageFile,
      StageFile,
      StageFile,
      StageFile,
      StageFile,
    ];
    expect(ceilings.reason).toMatch(/interpreter/);
    expect(peers.reason).toContain("/no/python");
    for (const { passed, failed } of verify.rows) {
      expect(passed).toBeGreaterThan(0);
      expect(failed).toBe(0);
    }
    for (const { median, launches, bytes } of bench.rows) {
      expect(median).toBeGreaterThan(0);
      expect(launches).toBeGreaterThan(0);
      expect(bytes).toBeGreaterThan(0);
    }
    const cold = refresh.rows.find(({ key }) => key.includes("3 passes"));
    // The eight leading directions hold 0.71 of this gradient's energy.
    expect(cold?.energy).toBeGreaterThan(0.68);
    expect(cold?.energy).toBeLessThan(0.72);
    const again = run("bench", "verify");
    expect(again.status).toBe(0);
    expect(again.stderr).toBe("");
  }, 240_000);

  test("of a stage without time ends at once and keeps nothing wrong", () => {
    expect(run("bench", "--minutes", "0.00001").status).toBe(3);
    expect(readStage(folder, "bench")).toMatchObject({ status: "interrupted", rows: [] });
  }, 60_000);

  test("refuses a device that is not there, and what it does not know", () => {
    expect(run("nonsense").status).toBe(2);
    const args = ["-r", "./scripts/ts.cjs", "bench/gpu/main.ts", "verify", "--out", folder];
    if (cudaBackends.includes("cuda")) return;
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toMatch(/there is no device cuda: /);
    expect(existsSync(join(folder, "verify.json"))).toBe(false);
  }, 60_000);
});
