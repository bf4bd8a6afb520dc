/** Where the checkout is: the nearest folder above the working directory that holds this package. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

function isCheckout(folder: string): boolean {
  const file = join(folder, "package.json");
  return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "lean-optim";
}

export function checkout(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (isCheckout(folder)) return folder;
    if (folder === dirname(folder)) throw new Error("run the benchmarks inside the checkout");
  }
}

export function benchFolder(): string {
  return join(checkout(), "bench");
}
