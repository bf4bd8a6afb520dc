import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { deviceNames, isHost, requireDevice } from "../lib/devices.js";
import { cudaBackends } from "./support/backends.js";

const root = join(__dirname, "..");

test.each(deviceNames)("%s is a device", (name) => {
  requireDevice("device", name);
  expect(isHost(name)).toBe(name === "cpu");
});

test("others are refused, with the nearest that there is", () => {
  expect(() => requireDevice("device", "cdua")).toThrow(
    expect.objectContaining({
      code: "ERR_LEAN_INVALID_ARG",
      parameter: "device",
      message: expect.stringContaining("did you mean cuda?"),
    }),
  );
});

const onInterpreter = cudaBackends.includes("simt") ? test : test.skip;

onInterpreter(
  "a GPU that the binary has no code for is named, with what it has",
  () => {
    const program = `
    const { describeNative } = require("./lib/native.ts");
    const { DeviceBuffer } = require("./lib/device-memory.ts");
    const { absent, devices } = describeNative("simt");
    const { reason } = absent.find(({ name }) => name === "simt") ?? {};
    try {
      new DeviceBuffer("simt", 4);
    } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message, reason, devices }));
    }`;
    const args = ["-r", "./scripts/ts.cjs", "-e", program];
    const env = { ...process.env, LEAN_SIMT_TARGET: "sm_75" };
    const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env });
    const { code, message, reason, devices } = JSON.parse(stdout);
    expect(code).toBe("ERR_LEAN_UNSUPPORTED");
    expect(reason).toMatch(/its architecture is sm_75, and this build has code for 80-real, 90/);
    expect(message).toContain(reason);
    expect(devices.map(({ name }: { name: string }) => name)).not.toContain("simt");
  },
  60_000,
);
