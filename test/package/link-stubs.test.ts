import { compareVersions, isAboveFloor } from "../../scripts/link-stubs.cjs";

describe("versions of system libraries", () => {
  test("are compared by number, not by text", () => {
    expect(compareVersions("2.9", "2.28")).toBeLessThan(0);
    expect(compareVersions("3.4.30", "3.4.4")).toBeGreaterThan(0);
    expect(compareVersions("2.3", "2.3.0")).toBe(0);
  });

  test("are above the floor or not, each by its own family", () => {
    expect(isAboveFloor("GLIBC_2.28")).toBe(false);
    expect(isAboveFloor("GLIBC_2.29")).toBe(true);
    expect(isAboveFloor("GLIBCXX_3.4.22")).toBe(false);
    expect(isAboveFloor("GLIBCXX_3.4.30")).toBe(true);
    expect(isAboveFloor("CXXABI_1.3.13")).toBe(true);
    expect(isAboveFloor("GCC_3.0")).toBe(false);
  });

  test("of no known family are no version of a system library's", () => {
    expect(isAboveFloor("GLIBC_PRIVATE")).toBe(false);
    expect(isAboveFloor("OPENSSL_3.0.0")).toBe(false);
  });
});
