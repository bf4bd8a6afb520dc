import { stepSettings } from "../lib/optimizer-options.js";
import { refusal } from "./support/refusal.js";

test("what an optimizer is without options", () => {
  expect(stepSettings({}, 3)).toEqual({
    device: "cpu",
    maxGradNorm: undefined,
    skipNonFinite: false,
    projectionReports: false,
    seed: 0,
    groups: 3,
  });
});

test("what is not finite is skipped where gradients are read first anyway", () => {
  const skips = (options: object) => stepSettings(options, 1).skipNonFinite;
  expect(skips({ maxGradNorm: 1 })).toBe(true);
  expect(skips({ maxGradNorm: 1, skipNonFinite: false })).toBe(false);
  expect(skips({ skipNonFinite: true })).toBe(true);
});

test.each(["highest", "high", "medium"] as const)("precision %p is taken", (precision) => {
  expect(stepSettings({ precision }, 1).precision).toBe(precision);
});

test.each([
  ["device", "gpu"],
  ["device", 0],
  ["maxGradNorm", 0],
  ["maxGradNorm", -1],
  ["maxGradNorm", Number.NaN],
  ["maxGradNorm", Number.POSITIVE_INFINITY],
  ["maxGradNorm", "1"],
  ["skipNonFinite", 1],
  ["precision", "low"],
  ["seed", 0.5],
  ["seed", Number.NaN],
  ["seed", 2 ** 53],
])("%s %p is refused", (option, value) => {
  expect(() => stepSettings({ [option]: value }, 1)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", option, value),
  );
});

test("an option that nobody reads is refused, with the one that was meant", () => {
  expect(() => stepSettings({ maxNorm: 1 } as never, 1)).toThrow(
    refusal("ERR_LEAN_UNKNOWN_OPTION", "maxNorm", 1),
  );
  expect(() => stepSettings({ sed: 1 } as never, 1)).toThrow("did you mean seed?");
});
