import { identity, type Matrix, multiply, subtract, transpose } from "./matrix.js";

/** Whether a caller's basis counts as orthonormal: no entry of PᵀP − I is larger than 1e-3. */
export function acceptsBasis(basis: Matrix): boolean {
  const gram = multiply(transpose(basis), basis);
  return subtract(gram, identity(basis.cols)).data.every((entry) => Math.abs(entry) <= 1e-3);
}
