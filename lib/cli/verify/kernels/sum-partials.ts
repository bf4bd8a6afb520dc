import { uniforms } from "../../../../test/oracle/random.js";
import { sumPartials } from "../../../../test/oracle/sum-partials.js";
import { kernelCase, type TestItem } from "../kernel-case.js";
import { floats, unitRoundoff, valuesOf } from "../tensors.js";

const ROWS = 4;

function sumItem(pieces: number, width: number, row: number): TestItem {
  const partials = floats("float64", [pieces, width], uniforms(pieces * width, pieces + 1));
  const result = floats("float64", [ROWS, width], new Float64Array(ROWS * width).fill(-1));
  return {
    fields: { partials, row: floats("float64", [1], [row]), result },
    writes: ["result"],
    check(worst) {
      const expected = new Float64Array(ROWS * width).fill(-1);
      if (row >= 0 && row < ROWS) expected.set(sumPartials(valuesOf(partials), width), row * width);
      const bounds = expected.map((x) => (x === -1 ? 0 : pieces * unitRoundoff("float64") * x));
      worst.near("result", valuesOf(result), expected, bounds);
    },
  };
}

export const cases = [
  kernelCase("sumPartials", "one piece and many, of every width", () =>
    [1, 2, 1000].flatMap((pieces) => [1, 2, 3].map((width) => sumItem(pieces, width, 1))),
  ),
  kernelCase("sumPartials", "no pieces", () => [sumItem(0, 2, 3)]),
  kernelCase("sumPartials", "rows that are there and that are not", () =>
    [0, 3, 4, -1, Number.NaN].map((row) => sumItem(5, 2, row)),
  ),
];
