import { multiply, transpose } from "./matrix.js";
import { hadamard } from "./srht-basis.js";

test.each([1, 2, 12, 20, 24, 28, 40, 48, 56, 64, 80])("a Hadamard matrix of order %d", (n) => {
  const h = hadamard(n);
  expect([h.rows, h.cols]).toEqual([n, n]);
  expect(h.data.every((x) => Math.abs(x) === 1)).toBe(true);
  const { data } = multiply(h, transpose(h));
  data.forEach((x, i) => {
    expect(x).toBe(i % (n + 1) === 0 ? n : 0);
  });
});

test.each([
  [3, 4],
  [9, 12],
  [13, 16],
  [17, 20],
  [21, 24],
  [25, 28],
  [29, 32],
  [33, 40],
  [41, 48],
])("%d is padded to %d", (n, order) => {
  expect(hadamard(n).rows).toBe(order);
});
