import { ParameterNames } from "../lib/parameter-names.js";
import { refusal } from "./support/refusal.js";

const names = new ParameterNames(["layer.weight", "layer.bias", "0"]);

test("a name and its number lead to each other", () => {
  expect([0, 1, 2].map((index) => names.find(names.at(index)))).toEqual([0, 1, 2]);
});

test("an unknown name is refused, with the nearest known one", () => {
  expect(() => names.find("layer.wieght")).toThrow("did you mean layer.weight?");
  expect(() => names.find("toString")).toThrow(refusal("ERR_LEAN_UNKNOWN_NAME", "toString"));
});

describe("what is handed over", () => {
  test.each<[string, Parameters<typeof names.numbered<string>>[1], [number, string][]]>([
    ["nothing", undefined, []],
    ["no names", {}, []],
    [
      "by names, in any order",
      { "layer.bias": "b", "layer.weight": "a" },
      [
        [1, "b"],
        [0, "a"],
      ],
    ],
    ["by a name that is a number", { "0": "c" }, [[2, "c"]]],
    [
      "in the order of the groups",
      ["a", "b", "c"],
      [
        [0, "a"],
        [1, "b"],
        [2, "c"],
      ],
    ],
  ])("%s", (_, given, numbered) => {
    expect(names.numbered("grads", given)).toEqual(numbered);
  });

  test("by a hole is undefined", () => {
    expect(names.numbered("grads", new Array(3))).toEqual([0, 1, 2].map((i) => [i, undefined]));
  });

  test("for other parameters is refused", () => {
    expect(() => names.numbered("grads", { bias: "b" })).toThrow(
      refusal("ERR_LEAN_UNKNOWN_NAME", "bias"),
    );
    expect(() => names.numbered("grads", ["a", "b"])).toThrow(
      refusal("ERR_LEAN_SHAPE", "grads", 2),
    );
  });
});
