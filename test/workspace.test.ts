import { part, pieceCount, Workspace } from "../lib/workspace.js";

test("tensors follow one another, at cache lines", () => {
  const workspace = new Workspace();
  const offsets = [
    workspace.take("float32", [3, 5]),
    workspace.take("float64", [1]),
    workspace.take("int32", [0]),
    workspace.take("float32", [16]),
  ].map(({ offset }) => offset);
  expect(offsets).toEqual([0, 64, 128, 128]);
  expect(workspace.bytes).toBe(192);
});

test("a part is so many entries of the first dimension", () => {
  const workspace = new Workspace();
  workspace.take("float64", [8]);
  expect(part(workspace.take("float64", [9]), 2, 3)).toMatchObject({ offset: 80, shape: [3] });
  expect(part(workspace.take("float32", [4, 2]), 1, 2)).toMatchObject({
    offset: 200,
    shape: [2, 2],
  });
});

test("a sum has a piece at least", () => {
  expect([0, 1, 65536, 65537].map(pieceCount)).toEqual([1, 1, 1, 2]);
});
