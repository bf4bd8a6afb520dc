import { availableParallelism } from "node:os";

import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";

import { bindingFile } from "../../lib/binding.js";
import { version } from "../../lib/index.js";
import { describeNative, kernelNames, setThreads } from "../../lib/native.js";
import type { runMain as RunMain } from "./run-main.js";
import { runMain } from "./run-main.js";

describe("lean-optim info", () => {
  test("as JSON", async () => {
    const { code, out } = await runMain("info", "--json");
    const [cpu] = describeNative().devices;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      processors: availableParallelism(),
      error: null,
      addon: {
        file: bindingFile(),
        devices: [{ name: "cpu", kind: cpu.kind, kernels: kernelNames, missingKernels: [] }],
      },
    });
  });

  test("as text", async () => {
    const { code, out } = await runMain("info");
    const [instructionSet, blas] = describeNative().devices[0].kind.split("/");
    expect(code).toBe(0);
    expect(out).toContain(`lean-optim  ${version}\n`);
    expect(out).toContain(bindingFile());
    expect(out).toContain(`${instructionSet} kernels, OpenBLAS for ${blas}\n`);
    expect(out).toContain(`${kernelNames.length} of ${kernelNames.length} kernels`);
  });

  test("threads are those of the next step", async () => {
    setThreads(3);
    try {
      expect(JSON.parse((await runMain("info", "--json")).out).addon.threads).toBe(3);
      expect((await runMain("info")).out).toMatch(/^threads +3 /m);
    } finally {
      setThreads(0);
    }
  });
});

describe("lean-optim info, where the addon cannot be loaded", () => {
  const missing = "/nowhere/lean_optim.node";
  const chosen = process.env.LEAN_OPTIM_BINARY;
  let run: typeof RunMain;

  beforeEach(() => {
    process.env.LEAN_OPTIM_BINARY = missing;
    // The addon is loaded once: only modules that have not done so yet find it missing.
    jest.resetModules();
    run = (require("./run-main.js") as { runMain: typeof RunMain }).runMain;
  });

  afterEach(() => {
    if (chosen === undefined) delete process.env.LEAN_OPTIM_BINARY;
    else process.env.LEAN_OPTIM_BINARY = chosen;
    jest.resetModules();
  });

  test("says why, and what to do", async () => {
    const { code, out } = await run("info");
    expect(code).toBe(0);
    expect(out).toContain(`lean-optim  ${version}\n`);
    expect(out).toMatch(/^addon +not loaded$/m);
    expect(out).toContain(missing);
    expect(out).toContain("unset that to use the usual one");
  });

  test("as JSON", async () => {
    const { code, out } = await run("info", "--json");
    expect(code).toBe(0);
    const { addon, error } = JSON.parse(out);
    expect(addon).toBeNull();
    expect(error.code).toBe("ERR_LEAN_NO_BINARY");
    expect(error.message).toContain(missing);
  });

  test("other commands that need it say so in one place", async () => {
    const { code, err } = await run("verify");
    expect(code).toBe(2);
    expect(err).toMatch(/^lean-optim: The native addon \/nowhere/);
  });
});
