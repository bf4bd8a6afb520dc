import { backends } from "../support/backends.js";
import { runChild } from "../support/child.js";

const cases = backends().flatMap((device) => [1, 2, 3].map((seed) => ({ device, seed })));

test.each(cases)(
  "garbage handed to the addon never brings the process down: $device, seed $seed",
  ({ device, seed }) => {
    const { status, stdout, stderr } = runChild("children/fuzz.ts", [String(seed), "300", device]);
    // A fault of a kernel would be reported there.
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const outcomes: Record<string, number> = JSON.parse(stdout);
    // All that went wrong was said, in the library's own words.
    expect(Object.keys(outcomes).filter((name) => /unknown/.test(name))).toEqual([]);
    // And it is no use throwing only what is refused at the door.
    for (const call of ["new", "bind", "run", "runAsync", "writeState", "dispose"]) {
      expect([call, (outcomes[`${call} done`] ?? 0) > 40]).toEqual([call, true]);
    }
    // Memory of the host has no address to bind.
    const addresses = device === "cpu" ? "refused" : "done";
    expect(outcomes[`bindAddresses ${addresses}`]).toBeGreaterThan(40);
    for (const call of ["new", "run", "runAsync", "garbage to Program", "garbage to bind"]) {
      expect([call, (outcomes[`${call} refused`] ?? 0) > 30]).toEqual([call, true]);
    }
  },
  60_000,
);
