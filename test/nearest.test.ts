import { expect, test } from "@jest/globals";

import { didYouMean, nearest } from "../lib/nearest.js";

const options = ["lr", "betas", "eps", "weightDecay", "updateProjGap", "onRefresh"];

test.each([
  ["wieghtDecay", "weightDecay"],
  ["weight_decay", "weightDecay"],
  ["update-proj-gap", "updateProjGap"],
  ["beta", "betas"],
  ["epsi", "eps"],
  ["LR", "lr"],
  ["onrefesh", "onRefresh"],
])("%s was meant to be %s", (name, meant) => {
  expect(nearest(name, options)).toBe(meant);
});

test.each(["momentum", "x", "", "ls", "gap"])("%p is like nothing", (name) => {
  expect(nearest(name, options)).toBeUndefined();
});

test("of several the closest, of equals the first", () => {
  expect(nearest("layer.1.weight", ["layer.2.weights", "layer.1.weights"])).toBe("layer.1.weights");
  expect(nearest("layer.3.bias", ["layer.1.bias", "layer.2.bias"])).toBe("layer.1.bias");
});

test("a suggestion ends a message, or nothing does", () => {
  expect(didYouMean("esp", options)).toBe(' Did you mean "eps"?');
  expect(didYouMean("momentum", options)).toBe("");
  expect(didYouMean("lr", [])).toBe("");
});
