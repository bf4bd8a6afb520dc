import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";

import type { KernelCase } from "../../lib/cli/verify/kernel-case.js";
import { kernelCases, stemOf } from "../../lib/cli/verify/kernel-cases.js";
import { Progress } from "../../lib/cli/verify/progress.js";
import type { Report } from "../../lib/cli/verify/report.js";
import { describeNative, kernelNames } from "../../lib/native.js";
import { SafetensorsReader, writeSafetensors } from "../../lib/safetensors.js";
import { backends } from "../support/backends.js";
import { runMain } from "./run-main.js";

const golden = join(__dirname, "..", "golden");
const name = "adam_vector.safetensors";

async function verify(...argv: string[]) {
  const { code, out } = await runMain("verify", "--json", ...argv);
  return { code, ...JSON.parse(out) };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A trajectory in a folder of its own, changed: `change` returns null for what is to be left out. */
function changedGolden(change: (tensor: string, data: Uint8Array) => Uint8Array | null): string {
  const reader = SafetensorsReader.open(join(golden, name));
  const tensors = [...reader.tensors.values()].flatMap(({ name, dtype, shape }) => {
    const data = change(name, reader.read(name));
    return data === null ? [] : [{ name, dtype, shape, data }];
  });
  const own = mkdtempSync(join(folder, "golden-"));
  writeSafetensors(join(own, name), tensors, reader.metadata);
  reader.close();
  return own;
}

const skipped = "torch_amsgrad.safetensors";

/** The trajectory, and beside it one of an optimizer that no recipe is. */
function goldenWithSkipped(): string {
  const own = changedGolden((_, data) => data);
  const reader = SafetensorsReader.open(join(own, name));
  const tensors = [...reader.tensors.values()].map(({ name, dtype, shape }) => ({
    ...{ name, dtype, shape },
    data: reader.read(name),
  }));
  const options = JSON.stringify({ ...JSON.parse(reader.metadata.options ?? ""), amsgrad: true });
  const metadata = { ...reader.metadata, system: "torch.optim.Adam", options };
  writeSafetensors(join(own, skipped), tensors, metadata);
  reader.close();
  return own;
}

test("every kernel has cases, under names of their own", () => {
  expect(kernelCases().map(({ kernel }) => kernel)).toEqual(kernelNames);
  for (const { cases } of kernelCases()) {
    expect(cases.length).toBeGreaterThan(0);
    expect(new Set(cases.map((each: KernelCase) => each.name)).size).toBe(cases.length);
  }
  expect(stemOf("topKLines")).toBe("top-k-lines");
});

describe("lean-optim verify", () => {
  test("the shape of its JSON", async () => {
    const flags = ["--golden", goldenWithSkipped(), "--filter", "^(prologue|adam|torch)"];
    const { code, ...report } = await verify(...flags);
    expect(code).toBe(0);
    const { cases } = report;
    const [kernel] = cases;
    expect(kernel).toEqual({
      file: "prologue",
      system: "kernel",
      variant: expect.stringMatching(/./),
      error: 0,
      tolerance: 1,
      status: "passed",
      reason: null,
    });
    expect(cases.filter(({ system }: typeof kernel) => system !== "kernel")).toEqual([
      {
        file: name,
        system: "sn-sm GenericOptim",
        variant: expect.stringMatching(/./),
        error: expect.any(Number),
        tolerance: 1e-5,
        status: "passed",
        reason: null,
      },
      {
        file: skipped,
        system: "torch.optim.Adam",
        variant: expect.stringMatching(/./),
        error: null,
        tolerance: null,
        status: "skipped",
        reason: "uses amsgrad",
      },
    ]);
    expect(report).toMatchObject({ passed: cases.length - 1, failed: 0, skipped: 1 });
  });

  test("as text", async () => {
    const flags = ["--golden", goldenWithSkipped(), "--filter", "^(prologue|adam|torch)"];
    const { code, out } = await runMain("verify", ...flags);
    expect(code).toBe(0);
    expect(out).toMatch(/^device cpu: \w+\/\w+$/m);
    expect(out).toMatch(/^prologue +9 +0 +0 +0\.000$/m);
    expect(out).toMatch(/^sn-sm GenericOptim +1 +0 +0 +0\.\d+$/m);
    expect(out).toMatch(/^torch.optim.Adam +0 +0 +1 +uses amsgrad$/m);
    expect(out).toMatch(/^10 passed, 0 failed, 1 skipped$/m);
  });

  test("a trajectory that is not walked fails, and so does the command", async () => {
    const wrong = changedGolden((tensor, data) => {
      if (tensor === "param_8") new Float32Array(data.buffer, data.byteOffset, 1)[0] += 1e-3;
      return data;
    });
    const flags = ["--golden", wrong, "--filter", "safetensors"];
    const { code, cases, passed, failed } = await verify(...flags);
    expect([code, passed, failed]).toEqual([1, 0, 1]);
    expect(cases[0]).toMatchObject({ status: "failed", reason: "after step 8" });
    expect(cases[0].error).toBeGreaterThan(cases[0].tolerance);
    const { out } = await runMain("verify", ...flags);
    expect(out).toMatch(
      /^FAILED adam_vector\.safetensors, .+\n {2}error 0\.\d+, tolerance 0\.00001: after step 8$/m,
    );
  });

  test("a damaged file fails alone", async () => {
    const damaged = changedGolden((_, data) => data);
    const half = readFileSync(join(golden, name)).subarray(0, 1000);
    writeFileSync(join(damaged, "half.safetensors"), half);
    const { code, cases } = await verify("--golden", damaged, "--filter", "safetensors");
    expect(code).toBe(1);
    expect(cases).toMatchObject([
      { file: name, status: "passed" },
      { file: "half.safetensors", status: "failed", reason: expect.stringMatching(/safetensors/) },
    ]);
  });

  test("a trajectory that lacks a tensor fails alone", async () => {
    const partial = changedGolden((tensor, data) => (tensor === "grad_3" ? null : data));
    copyFileSync(join(golden, name), join(partial, "whole.safetensors"));
    const { cases } = await verify("--golden", partial, "--filter", "safetensors");
    expect(cases).toMatchObject([
      { file: name, status: "failed", error: null, reason: expect.stringContaining("grad_3") },
      { file: "whole.safetensors", status: "passed", reason: null },
    ]);
  });

  test.each([
    [["--filter", "("], /^lean-optim: --filter: /],
    [["--filter", "nothing is called this"], /^lean-optim: no case matches/],
    [["--golden", "/nowhere"], /^lean-optim: cannot read \/nowhere/],
  ])("refuses %p", async (argv, message) => {
    const { code, err } = await runMain("verify", ...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

/** What `verify` finds in a process of its own, which an environment variable can change. */
function verifyWith(variables: Record<string, string>, ...argv: string[]): Report {
  const command = `require("./lib/cli/main.ts").main(${JSON.stringify(["verify", "--json", ...argv])})`;
  const { stdout, signal } = spawnSync(
    process.execPath,
    ["-r", "./scripts/ts.cjs", "-e", command],
    {
      cwd: join(__dirname, "..", ".."),
      env: { ...process.env, ...variables },
      encoding: "utf8",
      maxBuffer: 2 ** 24,
    },
  );
  expect(signal).toBeNull();
  return JSON.parse(stdout) as Report;
}

/** All kernels' cases but what takes long: the code is the same for large weights. */
const filter = "^\\w+ kernel (?!large|.*with float32)";

/** Instruction sets that the addon is compiled for, the least first. */
const instructionSets = ["baseline", "avx2", "avx512"];

describe("kernels of the instruction sets below this processor's", () => {
  const [own] = describeNative().devices[0].kind.split("/");
  const lower = instructionSets.slice(0, Math.max(1, instructionSets.indexOf(own)));

  test.each(lower)(
    "%s",
    (instructionSet) => {
      const { cases, passed } = verifyWith({ LEAN_OPTIM_ISA: instructionSet }, "--filter", filter);
      expect(cases.filter(({ status }) => status !== "passed")).toEqual([]);
      expect(passed).toBeGreaterThan(200);
    },
    180_000,
  );
});

if (backends().includes("simt")) {
  describe("CUDA kernels on the interpreter", () => {
    test.each([
      ["without races, in a random order", { LEAN_SIMT_RACES: "1", LEAN_SIMT_ORDER: "random" }],
      ["with late streams, backwards", { LEAN_SIMT_STREAMS: "late:0", LEAN_SIMT_ORDER: "reverse" }],
      ["as compiled for sm_80", { LEAN_SIMT_TARGET: "sm_80" }],
    ])(
      "%s",
      (_, variables) => {
        const report = verifyWith(variables, "--device", "simt", "--filter", filter);
        expect(report.cases.filter(({ status }) => status === "failed")).toEqual([]);
        expect(report.passed).toBeGreaterThan(150);
      },
      300_000,
    );
  });
}

describe("the progress bar", () => {
  function terminal(isTTY: boolean) {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    return { written, out: { isTTY, columns: 60, write } as unknown as NodeJS.WriteStream };
  }

  /** Advances ten times, so many milliseconds apart. */
  function advanced(out: NodeJS.WriteStream, apart: number): void {
    jest.useFakeTimers();
    try {
      const progress = new Progress(10, out);
      for (let i = 0; i < 10; i++) {
        jest.advanceTimersByTime(apart);
        progress.advance(`case ${i}`);
      }
      progress.finish();
    } finally {
      jest.useRealTimers();
    }
  }

  test("appears after a second and goes at the end", () => {
    const { written, out } = terminal(true);
    advanced(out, 300);
    expect(written[0]).toMatch(/█+░+ 4 of 10 {2}case 3$/);
    expect(written).toHaveLength(8);
    expect(written.at(-1)).toBe("\r\x1b[K");
    for (const line of written) expect(line.length).toBeLessThan(60 + 4);
  });

  test("does not for what is short, nor off a terminal", () => {
    const short = terminal(true);
    advanced(short.out, 90);
    expect(short.written).toEqual([]);
    const piped = terminal(false);
    advanced(piped.out, 900);
    expect(piped.written).toEqual([]);
  });
});
