import { jest } from "@jest/globals";

import { main } from "../../lib/cli/main.js";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `lean-optim` with the given arguments in this process. */
export async function runMain(...argv: string[]): Promise<Ran> {
  const [out, err]: string[][] = [[], []];
  const log = jest.spyOn(console, "log").mockImplementation((text) => void out.push(text));
  const error = jest.spyOn(console, "error").mockImplementation((text) => void err.push(text));
  try {
    const code = await main(argv);
    return { code, out: out.join("\n"), err: err.join("\n") };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}
