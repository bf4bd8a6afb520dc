import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The package's folder, from its sources and from `dist` alike: the nearest with a package.json. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return folder;
}
