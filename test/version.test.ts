import { version } from "lean-optim";
import manifest from "../package.json";

test("the version is the package's", () => {
  expect(version).toBe(manifest.version);
});
