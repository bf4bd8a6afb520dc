import { describe, expect, jest, test } from "@jest/globals";

import { main } from "../../lib/cli/main.js";
import { version } from "../../lib/index.js";
import { runMain } from "./run-main.js";

const commands = ["info", "memory", "verify", "bench", "build"];

test.each([[["--version"]], [["-v"]]])("%p prints the version alone", async (argv) => {
  expect(await runMain(...argv)).toEqual({ code: 0, out: version, err: "" });
});

describe("help", () => {
  test.each([[["help"]], [["--help"]], [["-h"]]])("%p lists every command", async (argv) => {
    const { code, out } = await runMain(...argv);
    expect(code).toBe(0);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} +\\w`, "m"));
  });

  test.each(commands)("of %s, either way", async (command) => {
    const asked = await runMain(command, "--help");
    expect(asked.code).toBe(0);
    expect(asked.out).toMatch(new RegExp(`^Usage: lean-optim ${command}`));
    expect(asked.out).toMatch(/--help +print this/);
    expect(await runMain("help", command)).toEqual(asked);
  });

  test("no command at all is a mistake", async () => {
    const { code, out, err } = await runMain();
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^Usage: lean-optim <command>/);
  });
});

describe("what is not known is answered with what is nearest", () => {
  test.each([
    [["memroy"], 'lean-optim: unknown command memroy. Did you mean "memory"?'],
    [["help", "verfy"], 'lean-optim: unknown command verfy. Did you mean "verify"?'],
    [["frobnicate"], "lean-optim: unknown command frobnicate."],
    [["--versoin"], 'lean-optim: unknown option --versoin. Did you mean "--version"?'],
    [["info", "--jsno"], 'lean-optim: unknown option --jsno. Did you mean "--json"?'],
    [
      ["memory", "--state_dtype=float32"],
      'lean-optim: unknown option --state_dtype. Did you mean "--state-dtype"?',
    ],
    [["memory", "llama-1b"], "lean-optim: unexpected argument llama-1b"],
    [["memory", "--optimizer", "adamSNM"], /adamSNM/],
    [["verify", "--device", "cpo"], /^lean-optim: --device must be one of cpu/],
  ])("%p", async (argv, message) => {
    const { code, out, err } = await runMain(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err.split("\n")).toHaveLength(1);
  });

  test("a flag without its value", async () => {
    const { code, err } = await runMain("memory", "--rank");
    expect(code).toBe(2);
    expect(err).toMatch(/^lean-optim: .*--rank/);
  });
});

test("an error that is not ours comes through as it is", async () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => {
    throw new RangeError("no room");
  });
  await expect(main(["--version"])).rejects.toThrow(RangeError);
  log.mockRestore();
});
