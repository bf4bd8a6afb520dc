import { kernelsIn, problemsOf } from "../../scripts/ptxas-report.cjs";

const told = (name: string, architecture: string, spilled: number) => `
[3/9] Building CUDA object x.cu.o
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '${name}' for '${architecture}'
ptxas info    : Function properties for ${name}
    160 bytes stack frame, ${spilled} bytes spill stores, ${2 * spilled} bytes spill loads
ptxas info    : Used 252 registers, used 1 barriers, 41216 bytes smem
ptxas info    : Compile time = 66.763 ms`;

test("what ptxas says of a kernel is found among all else", () => {
  expect(kernelsIn(told("_Z4stepv", "sm_90a", 4))).toEqual([
    {
      name: "_Z4stepv",
      architecture: "sm_90a",
      stackBytes: 160,
      spilledBytes: 12,
      registers: 252,
    },
  ]);
});

describe("a build", () => {
  const problems = (output: string) => problemsOf(kernelsIn(output), ["sm_80", "sm_90"]);
  const sound = told("a", "sm_80", 0) + told("a", "sm_90", 0);

  test("without spills is sound", () => {
    expect(problems(sound)).toEqual([]);
  });

  test("that spills is not, and the kernel is named", () => {
    const output = sound + told("b", "sm_80", 0) + told("b", "sm_90", 8);
    expect(problems(output)).toEqual(["b for sm_90 spills 24 bytes"]);
  });

  test("of which ptxas said nothing has not been checked", () => {
    expect(problems("ninja: no work to do.")).toHaveLength(2);
    expect(problems(told("a", "sm_80", 0))).toEqual(["ptxas says nothing of sm_90"]);
    expect(problems(sound + told("b", "sm_80", 0))).toEqual(["sm_90 has 1 kernels of 2"]);
    const cut = sound.replace(/.*spill.*\n/, "");
    expect(problems(cut)).toEqual(["ptxas says nothing of a's spills"]);
  });
});
