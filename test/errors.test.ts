import { expect, test } from "@jest/globals";

import { errorCodes, LeanError } from "../lib/errors.js";

test("an error carries its code and what was at fault", () => {
  const cause = new Error("first");
  const error = new LeanError("ERR_LEAN_SHAPE", "too long", {
    parameter: "weight",
    value: 3,
    cause,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "LeanError",
    code: "ERR_LEAN_SHAPE",
    message: "too long",
    parameter: "weight",
    value: 3,
    cause,
  });
  expect(String(error)).toBe("LeanError: too long");
});

test("what it was not given is not there, not even as undefined", () => {
  const error = new LeanError("ERR_LEAN_BUSY", "wait");
  expect(Object.keys(error)).toEqual(["code"]);
  expect("cause" in error).toBe(false);
  expect(new LeanError("ERR_LEAN_BUSY", "wait", { value: undefined })).toHaveProperty("value");
});

test("codes are distinct and named alike", () => {
  expect(new Set(errorCodes).size).toBe(errorCodes.length);
  for (const code of errorCodes) expect(code).toMatch(/^ERR_LEAN_[A-Z_]+$/);
});
