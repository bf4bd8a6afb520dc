import { benchCommand } from "../../lib/cli/bench.js";
import type { KernelCounters } from "../../lib/native.js";
import { cudaBackends, describeOnCuda } from "../support/backends.js";

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

  describeOnCuda("on %s", (device) => {
    test("what has kernels there, and how many", async () => {
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
  });

  const counting = cudaBackends.includes("simt") ? describe : describe.skip;
  counting.each([
    ["bfloat16", 2],
    ["float32", 4],
  ] as const)("what the interpreter counts of a step in %s", (dtype, size) => {
    const rank = 128;
    const rows = [1376, 512] as const;
    const columns = [512, 1376] as const;
    const odd = [512, 1365] as const;
    const counted = new Map<string, readonly KernelCounters[]>();

    beforeAll(async () => {
      const shapes = [rows, columns, odd].flatMap((shape) => ["--shape", shape.join("x")]);
      const what = [...shapes, "--dtype", dtype, "--rank", String(rank), "--samples", "1"];
      const count = async (as: (recipe: string) => string, ...more: string[]) => {
        const { out } = await output("--json", "--device", "simt", ...what, ...more);
        for (const { recipe, shape, counters } of JSON.parse(out).rows) {
          counted.set(`${as(recipe)} ${shape}`, counters);
        }
      };
      await count((recipe) => recipe);
      for (const lines of ["uniform", "topK"]) {
        await count(() => lines, "--filter", "adamSNSM", "--projector", lines);
      }
    }, 300_000);

    const touchedBy = ({ loads, stores }: KernelCounters) =>
      loads.sectorsTouched + stores.sectorsTouched;
    const requestedBy = ({ loads, stores }: KernelCounters) =>
      32 * (loads.sectorsRequested + stores.sectorsRequested);
    const bytesOf = ({ loads, stores }: KernelCounters) => loads.bytes + stores.bytes;
    const total = (kernels: readonly KernelCounters[], of: (kernel: KernelCounters) => number) =>
      kernels.reduce((sum, kernel) => sum + of(kernel), 0);
    // Those that move what a step moves, and not a number for each line.
    const largeOf = (recipe: string, shape: readonly [number, number]) => {
      const kernels = counted.get(`${recipe} ${shape.join("x")}`) ?? [];
      const touched = total(kernels, touchedBy);
      const large = kernels.filter((kernel) => touchedBy(kernel) > 0.01 * touched);
      expect(large.length).toBeGreaterThan(0);
      return { touched: (32 * touched) / (shape[0] * shape[1]), large };
    };

    // Weight, gradient and momentum are of a type, second moments of elements float32. Weight and
    // momentum are read and written. AdamSNSM reads the gradient twice, the momentum is read and
    // written, and so is what of it is projected back, of rank / 512 elements for one of the weight.
    // Columns need their sums before the first of them can be stepped: the gradient is read twice.
    // Chosen lines have their momentum read and written, and moments of the same subsets as AdamSN.
    test.each([
      ["adamw", rows, 1.02 * (5 * size + 8)],
      ["adamw", columns, 1.02 * (5 * size + 8)],
      ["adamSN", rows, 1.05 * 5 * size],
      ["adamSN", columns, 1.05 * 6 * size],
      ["rmspropSN", rows, 1.05 * 3 * size],
      ["rmspropSN", columns, 1.05 * 4 * size],
      ["adamSNSM", rows, 1.1 * (4 + (4 * rank) / 512) * size],
      ["adamSNSM", columns, 1.1 * (4 + (4 * rank) / 512) * size],
      ["uniform", rows, 1.1 * (4 + (2 * rank) / 512) * size],
      ["uniform", columns, 1.1 * (4 + (2 * rank) / 512) * size],
      ["topK", rows, 1.1 * (4 + (2 * rank) / 512) * size],
      ["topK", columns, 1.1 * (4 + (2 * rank) / 512) * size],
    ] as const)("%s of %p touches at most %f bytes an element", (recipe, shape, most) => {
      const { touched, large } = largeOf(recipe, shape);
      expect(touched).toBeLessThan(most);
      // What a block looks up about its item counts too.
      const least = 0.95;
      for (const counters of large) {
        const { kernel, bankConflicts, sharedWavefronts } = counters;
        const used = bytesOf(counters) / requestedBy(counters);
        // None in a loop; lines that are looked up once a block come as they were chosen.
        const few = kernel.includes("step_lines") ? 0.005 * sharedWavefronts : 0;
        expect({ kernel, bankConflicts, few: bankConflicts <= few }).toMatchObject({ few: true });
        expect({ kernel, used, enough: used >= least - 0.02 }).toMatchObject({ enough: true });
      }
      expect(total(large, bytesOf) / total(large, requestedBy)).toBeGreaterThan(least);
    });

    // Every row begins elsewhere in a sector: whole aligned octets where that can be, of float32 in
    // two halves of a sector; single elements at the ends of rows and tiles. Element for element it
    // would be 0.14, or 0.12 of float32.
    test.each([
      ["adamw", 0.95, 0.95],
      ["adamSN", 0.7, 0.48],
      ["adamSNSM", 0.55, 0.47],
      ["uniform", 0.65, 0.48],
    ] as const)(
      "%s of an odd width uses much of the sectors it asks for",
      (recipe, half, single) => {
        const { large } = largeOf(recipe, odd);
        const used = total(large, bytesOf) / total(large, requestedBy);
        expect(used).toBeGreaterThan(dtype === "bfloat16" ? half : single);
      },
    );
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
    [["--projector", "eye"], /--projector must be one of .*uniform.*, is "eye"/],
    [["--colour"], /--colour/],
  ])("refuses %p", async (argv, message) => {
    const { code, err } = await output(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
