/** cuSOLVER and cuBLAS, opened where a projector needs them, and what is said where they are not. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindingFile } from "../lib/binding.js";
import { libraryText } from "../lib/cli/info.js";
import { describeLibraries, type LibraryDescription } from "../lib/native.js";
import { describeOnCuda } from "./support/backends.js";
import { runChild } from "./support/child.js";

interface Said {
  readonly code: string;
  readonly message: string;
}

interface Report {
  readonly svd: Said | null;
  readonly ldadam: Said | null;
  readonly powerIteration: Said | null;
  readonly libraries: readonly LibraryDescription[];
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-libraries-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function reportFrom(place: string, device: string): Report {
  const { stdout, stderr } = runChild("children/cuda-libraries.ts", [device], [], {
    LEAN_OPTIM_CUDA_LIBS: place,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

test("the CPU opens none", () => {
  expect(describeLibraries("cpu")).toEqual([]);
});

test("a device that does not exist has none to describe", () => {
  expect(() => describeLibraries("tpu")).toThrow(
    expect.objectContaining({ code: "ERR_LEAN_UNSUPPORTED" }),
  );
});

describeOnCuda("on %s", (device) => {
  test("none in the folder: what needs them says what to install", () => {
    const { svd, ldadam, powerIteration, libraries } = reportFrom("/nowhere", device);
    expect(powerIteration).toBeNull();
    expect(svd?.code).toBe("ERR_LEAN_UNSUPPORTED");
    expect(svd?.message).toMatch(/^projector "svd" needs cuSOLVER and cuBLAS, which could not be/);
    expect(ldadam?.code).toBe("ERR_LEAN_UNSUPPORTED");
    expect(ldadam?.message).toMatch(
      /^LDAdam's method "svd" needs cuSOLVER and cuBLAS, which could/,
    );
    expect(svd?.message).toContain("pip install nvidia-cusolver nvidia-cublas");
    expect(svd?.message).toContain("LEAN_OPTIM_CUDA_LIBS");
    expect(svd?.message).toMatch(/\/nowhere\/libcusolver\.so\.12: cannot open/);
    expect(svd?.message).toMatch(/\/nowhere\/libcublas\.so\.11: cannot open/);
    expect(libraries.map(({ title, file }) => [title, file])).toEqual([
      ["cuSOLVER", null],
      ["cuBLAS", null],
    ]);
    expect(libraryText(libraries[0])).toMatch(/^cuSOLVER none: \/nowhere\/libcusolver\.so\.12: /);
  });

  test("libraries of another version are named with what they lack", () => {
    for (const name of ["libcusolver.so.12", "libcublas.so.13"]) {
      symlinkSync(bindingFile(), join(folder, name));
    }
    const { svd, libraries } = reportFrom(folder, device);
    expect(svd?.code).toBe("ERR_LEAN_UNSUPPORTED");
    expect(svd?.message).toContain(
      `${join(folder, "libcusolver.so.12")} is of a version without cusolverDnCreate`,
    );
    expect(libraries[1]).toEqual({
      title: "cuBLAS",
      file: null,
      failure: `${join(folder, "libcublas.so.13")} is of a version without cublasCreate_v2`,
    });
  });

  const areThere = describeLibraries(device).every(({ file }) => file !== null);
  (areThere ? test : test.skip)("where they are, svd steps", () => {
    const { svd, ldadam, libraries } = reportFrom("", device);
    expect(svd).toBeNull();
    expect(ldadam).toBeNull();
    expect(libraryText(libraries[0])).toMatch(/^cuSOLVER .*libcusolver\.so\.1[12]$/);
    expect(libraryText(libraries[1])).toMatch(/^cuBLAS .*libcublas\.so\.1[123]$/);
  });
});
