import {
  requireBeta,
  requireBoolean,
  requireFinite,
  requireFixed,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  show,
} from "../lib/options.js";
import { refusal } from "./support/refusal.js";

const notNumbers = [Number.NaN, "1", 1n, null, undefined, [1], {}];

describe("requireFinite", () => {
  test.each([-1, 0, 0.5, 2])("takes %p in [-1, 2]", (value) => {
    requireFinite("x", value, -1, 2);
  });

  test.each([-1.1, 2.1, Number.POSITIVE_INFINITY, ...notNumbers])("refuses %p", (value) => {
    expect(() => requireFinite("x", value, -1, 2)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "x", value }),
    );
  });

  test("says what it expects", () => {
    expect(() => requireFinite("x", "a")).toThrow('x must be a finite number, not "a"');
    expect(() => requireFinite("x", -1, 0)).toThrow("a finite number of at least 0, not -1");
    expect(() => requireFinite("x", 2, 0, 1)).toThrow("a finite number from 0 to 1, not 2");
  });
});

describe("requireInteger", () => {
  test.each([0, 7, -0, 2 ** 53 - 1])("takes %p", (value) => {
    requireInteger("n", value, 0);
  });

  test.each([-1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, ...notNumbers])("refuses %p", (value) => {
    expect(() => requireInteger("n", value, 0)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "n", value }),
    );
  });

  test("says what it expects", () => {
    expect(() => requireInteger("n", 0.5)).toThrow("n must be an integer, not 0.5");
    expect(() => requireInteger("n", 0, 1)).toThrow("an integer of at least 1, not 0");
    expect(() => requireInteger("n", 5, 1, 4)).toThrow("an integer from 1 to 4, not 5");
  });
});

describe("requireBeta", () => {
  test("takes what is in [0, 1), and 1 where sums are meant", () => {
    requireBeta("beta", 0);
    requireBeta("beta", 0.999);
    requireBeta("beta", 1, true);
  });

  test.each([
    [1, false],
    [1.001, true],
    [-0.1, true],
    [Number.NaN, true],
  ])("refuses %p", (value, sumAllowed) => {
    expect(() => requireBeta("beta", value, sumAllowed)).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "beta", value),
    );
  });
});

test.each([0, 1, "true", null])("requireBoolean refuses %p", (value) => {
  requireBoolean("flag", true);
  requireBoolean("flag", false);
  expect(() => requireBoolean("flag", value)).toThrow(
    refusal("ERR_LEAN_INVALID_ARG", "flag", value),
  );
});

describe("requireOneOf", () => {
  const colours = ["red", "green"] as const;

  test("takes each of them", () => {
    for (const colour of colours) requireOneOf("colour", colour, colours);
  });

  test.each(["blue", "", 3, null, undefined, ["red"]])("refuses %p", (value) => {
    expect(() => requireOneOf("colour", value, colours)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "colour", value }),
    );
  });

  test("suggests the nearest", () => {
    expect(() => requireOneOf("colour", "gren", colours)).toThrow(
      'colour must be one of red, green (did you mean green?), not "gren"',
    );
    expect(() => requireOneOf("colour", "blue", colours)).toThrow(
      'colour must be one of red, green, not "blue"',
    );
  });
});

describe("requireKnownOptions", () => {
  test("takes what is known, and nothing", () => {
    requireKnownOptions("sgd", { lr: undefined }, ["lr"]);
    requireKnownOptions("sgd", {}, ["lr"]);
  });

  test("refuses others, with the nearest", () => {
    expect(() => requireKnownOptions("sgd", { learningRate: 1 }, ["lr"])).toThrow(
      refusal("ERR_LEAN_UNKNOWN_OPTION", "learningRate", 1),
    );
    expect(() => requireKnownOptions("sgd", { weight_decay: 1 }, ["weightDecay"])).toThrow(
      "sgd has no option weight_decay; did you mean weightDecay?",
    );
  });

  test.each([null, undefined, 3, "lr"])("refuses %p, which is no object", (options) => {
    expect(() => requireKnownOptions("sgd", options as never, ["lr"])).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_INVALID_ARG", parameter: "sgd", value: options }),
    );
  });
});

describe("requireFixed", () => {
  test.each([{}, { lines: undefined }, { lines: false }])("takes %p", (options) => {
    requireFixed("svd", options, "lines", false);
  });

  test.each([true, null, 0, "false"])("refuses %p", (value) => {
    expect(() => requireFixed("svd", { lines: value }, "lines", false)).toThrow(
      refusal("ERR_LEAN_INVALID_ARG", "lines", value),
    );
  });

  test("says what it is", () => {
    expect(() => requireFixed("topK", { lines: 1 }, "lines", true)).toThrow(
      "lines must be true with topK, not 1",
    );
  });
});

test.each([
  ["a", '"a"'],
  [1.5, "1.5"],
  [undefined, "undefined"],
  [[1, ["b", null]], '[1, ["b", null]]'],
])("%p is shown as %s", (value, text) => {
  expect(show(value)).toBe(text);
});

test("what has no words is shown by its type, and never throws", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const detached = new Float32Array(2);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const fails = new Proxy(
    {},
    {
      get() {
        throw new Error("no property for you");
      },
    },
  );
  for (const value of [Object.create(null), circle, detached, fails]) {
    expect(show(value)).toMatch(/^\[+object\]+$/);
  }
});
