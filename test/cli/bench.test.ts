import { benchCommand } from "../../lib/cli/bench.js";
import { cudaBackends } from "../support/backends.js";

async function output(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  const error = jest
    .spyOn(console, "error")
    .mockImplementation((text: string) => void err.push(text));
  try {
    return { code: await benchCommand(argv), out: out.join("\n"), err: err.join("\n") };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}

describe("lean-optim bench", () => {
  test("measures every recipe on every shape", async () => {
    const shapes = ["--shape", "16x8", "--shape", "8x16"];
    const { code, out } = await output("--json", "--samples", "2", "--threads", "1", ...shapes);
    expect(code).toBe(0);
    const { machine, rows } = JSON.parse(out);
    expect(machine).toMatchObject({ node: process.version, threads: 1, samples: 2 });
    expect(rows.map(({ recipe, shape }: Record<string, string>) => `${recipe} ${shape}`)).toEqual(
      ["16x8", "8x16"].flatMap((shape) =>
        ["adamw", "adamSN", "rmspropSN", "adamSNSM"].map((recipe) => `${recipe} ${shape}`),
      ),
    );
    for (const { ms, stateBytes } of rows) {
      expect(ms.lower).toBeGreaterThan(0);
      expect(ms.median).toBeGreaterThanOrEqual(ms.lower);
      expect(ms.upper).toBeGreaterThanOrEqual(ms.median);
      expect(stateBytes).toBeGreaterThan(0);
    }
  });

  test.each(cudaBackends)("on %s, what has kernels there, and how many", async (device) => {
    const small = ["--samples", "2", "--shape", "16x8", "--device", device];
    const { code, out } = await output("--json", ...small);
    expect(code).toBe(0);
    const { machine, rows } = JSON.parse(out);
    expect(machine.device).toBe(device);
    expect(rows).toMatchObject([
      { recipe: "adamw", launches: 3 },
      { recipe: "adamSN", launches: 3 },
      { recipe: "rmspropSN", launches: 3 },
      { recipe: "adamSNSM", launches: 5 },
    ]);
  });

  /** Bytes an element of sectors that a step of a bfloat16 weight touches, and that it asks for. */
  async function traffic(recipe: string, shape: readonly [number, number], ...more: string[]) {
    const settings = ["--samples", "1", "--shape", shape.join("x"), "--dtype", "bfloat16", ...more];
    const { out } = await output("--json", "--device", "simt", "--filter", recipe, ...settings);
    const [{ counters }] = JSON.parse(out).rows;
    let touched = 0;
    let requested = 0;
    for (const { loads, stores } of counters) {
      touched += 32 * (loads.sectorsTouched + stores.sectorsTouched);
      requested += 32 * (loads.sectorsRequested + stores.sectorsRequested);
    }
    const count = shape[0] * shape[1];
    return { touched: touched / count, requested: requested / count };
  }

  test("the interpreter counts what a step of AdamW moves: each byte once", async () => {
    if (!cudaBackends.includes("simt")) return;
    const { touched, requested } = await traffic("adamw", [512, 1376]);
    // Weight, momentum and second moment read and written, the gradient read.
    expect(touched / 18).toBeLessThan(1.02);
    expect(requested / 18).toBeLessThan(1.05);
  });

  test.each([
    [512, 1376],
    [1376, 512],
  ] as const)("AdamSNSM of %p x %p reads its gradient twice and no more", async (...shape) => {
    if (!cudaBackends.includes("simt")) return;
    const { touched } = await traffic("adamSNSM", shape, "--rank", "128");
    // Weight read and written, the gradient read to project it and to step; the momentum read and
    // written, D written and read.
    const least = 8 + (8 * 128) / 512;
    expect(touched / least).toBeLessThan(1.1);
  });

  test("filters recipes and prints a table", async () => {
    const small = ["--samples", "2", "--shape", "8x8", "--dtype", "bfloat16"];
    const { code, out } = await output("--filter", "SNSM", ...small);
    expect(code).toBe(0);
    expect(out).toMatch(/adamSNSM\s+8x8\s+bfloat16/);
    expect(out).not.toMatch(/adamw/);
  });

  test("prints its usage", async () => {
    const { code, out } = await output("--help");
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: lean-optim bench/);
  });

  test.each([
    [["--shape", "12"], /--shape must look like 2048x2048, is "12"/],
    [["--samples", "0"], /--samples must be a positive integer, is "0"/],
    [["--dtype", "int8"], /--dtype must be float32 or bfloat16/],
    [["--colour"], /--colour/],
  ])("refuses %p", async (argv, message) => {
    const { code, err } = await output(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
