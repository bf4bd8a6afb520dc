import { readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";

import { goldenChecks } from "../../lib/cli/verify/plan.js";
import { backends } from "../support/backends.js";

const folder = join(__dirname, "..", "golden");
const checks = goldenChecks(folder, "cpu");

describe.each(backends())(
  "on %s the recipes walk the recorded paths, in the public API",
  (device) => {
    const replayed = goldenChecks(folder, device).filter(({ skip }) => skip === undefined);
    test.each(replayed)("$file", ({ run }) => {
      const { error, tolerance, detail } = run();
      expect(error <= tolerance ? "" : `${error} ${detail}`).toBe("");
    });
  },
);

test("all but those of other families", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".safetensors"));
  expect(checks.map(({ file }) => file)).toEqual(files.sort());
  const skipped = checks.filter(({ skip }) => skip !== undefined);
  expect(new Set(skipped.map(({ system }) => system))).toEqual(new Set(["torch.optim.Muon"]));
});
