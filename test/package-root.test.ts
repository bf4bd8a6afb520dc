import { join } from "node:path";
import { packageRoot } from "../lib/package-root.js";

test("is the folder of package.json", () => {
  expect(packageRoot()).toBe(join(__dirname, ".."));
});
