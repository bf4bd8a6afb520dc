import { readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { goldenChecks } from "../../lib/cli/verify/plan.js";

const folder = join(__dirname, "..", "golden");
const checks = goldenChecks(folder, "cpu");
const replayed = checks.filter(({ skip }) => skip === undefined);

describe("the recipes walk the recorded paths, through the public API", () => {
  test.each(replayed)("$file", ({ run }) => {
    const { error, tolerance, detail } = run();
    expect(error <= tolerance ? "" : `${error} ${detail}`).toBe("");
  });
});

test("all but those of other families", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
  expect(checks.map(({ file }) => file)).toEqual(files.sort());
  const skipped = checks.filter(({ skip }) => skip !== undefined);
  expect(new Set(skipped.map(({ system }) => system))).toEqual(
    new Set(["AdaGO", "GaLore AdamW", "LDAdamW", "torch.optim.Muon"]),
  );
});
