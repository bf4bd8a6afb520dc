import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The package's folder, from its sources and from `dist` alike. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
