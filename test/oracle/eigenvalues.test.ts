import { symmetricEigenvalues } from "./eigenvalues.js";
import { matrix, multiply, symmetricEigen, transpose } from "./matrix.js";
import { gaussians } from "./random.js";

test.each([1, 2, 3, 17, 60])("the same as by Jacobi's method, of order %d", (n) => {
  const a = matrix(n, n, gaussians(n * n, n));
  const gram = multiply(transpose(a), a);
  const expected = symmetricEigen(gram).values;
  const found = symmetricEigenvalues(gram);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-12 * expected[0]);
  });
});

test("of a matrix that is diagonal already, and of zeros", () => {
  const diagonal = matrix(3, 3, [2, 0, 0, 0, -1, 0, 0, 0, 5]);
  [5, 2, -1].forEach((value, i) => {
    expect(symmetricEigenvalues(diagonal)[i]).toBeCloseTo(value, 12);
  });
  expect([...symmetricEigenvalues(matrix(2, 2))]).toEqual([0, 0]);
});
