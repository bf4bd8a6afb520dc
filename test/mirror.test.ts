/** One stem a thing, the same in every folder: fails where a stem lacks its test, its bench or a backend. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as library from "lean-optim";
import { momentums, projectors, recipes, secondMoments } from "lean-optim";
import {
  counterNames,
  describeKernels,
  describeNative,
  kernelNames,
  scalarNames,
} from "../lib/native.js";
import { describeOnCuda } from "./support/backends.js";

const root = join(__dirname, "..");
const listed = (folder: string, suffix: string) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
const missing = (files: readonly string[]) => files.filter((file) => !existsSync(join(root, file)));

/** adamSNSM: adam-snsm, topKLines: top-k-lines. */
const stemOf = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();

describe("kernels", () => {
  /** The headers that define a kernel, by stem; others are what several share. */
  const defined = new Map(
    listed("csrc/kernels", ".h").flatMap((stem) => {
      const text = readFileSync(join(root, "csrc/kernels", `${stem}.h`), "utf8");
      const name = /std::string_view name = "(\w+)"/.exec(text)?.[1];
      return name === undefined ? [] : [[stem, name] as const];
    }),
  );
  const stems = [...defined.keys()].sort();

  test.each([...defined])("%s is the stem of %s", (stem, name) => {
    expect(stemOf(name)).toBe(stem);
  });

  test.each(stems)("%s has its implementation, its test and its bench", (stem) => {
    const files = [
      `csrc/cpu/${stem}.cpp`,
      `test/kernels/${stem}.test.ts`,
      `bench/kernels/${stem}.bench.ts`,
    ];
    expect(missing(files)).toEqual([]);
  });

  test.each([
    ["csrc/cpu", ".cpp"],
    ["csrc/cuda", ".cu"],
    ["test/kernels", ".test.ts"],
    ["bench/kernels", ".bench.ts"],
  ])("%s has nothing else", (folder, suffix) => {
    expect(listed(folder, suffix).filter((stem) => !defined.has(stem))).toEqual([]);
  });

  test("are known by name to TypeScript, to the addon, and to its cpu", () => {
    const names = [...defined.values()].sort();
    expect([...kernelNames].sort()).toEqual(names);
    expect(describeKernels().map(({ name }) => name)).toEqual(names);
    const cpu = describeNative().devices.find(({ name }) => name === "cpu");
    expect([...(cpu?.kernels ?? [])].sort()).toEqual(names);
  });

  // CUDA has not all of them yet; an optimizer that needs another is refused by its name.
  describeOnCuda("on %s", (device) => {
    test("are known where csrc/cuda has them", () => {
      const names = listed("csrc/cuda", ".cu").map((stem) => defined.get(stem));
      const found = describeNative(device).devices.find(({ name }) => name === device);
      expect([...(found?.kernels ?? [])].sort()).toEqual(names.sort());
    });
  });
});

test("scalars and counters have the addon's names, in its order", () => {
  expect(describeNative().scalars).toEqual([...scalarNames]);
  expect(describeNative().counters).toEqual([...counterNames]);
});

describe.each([
  ["momentum", momentums],
  ["second-moment", secondMoments],
  ["projector", projectors],
])("parts of the axis %s", (axis, parts) => {
  test.each(Object.keys(parts))("%s has its file and its test", (name) => {
    const stem = `parts/${axis}/${stemOf(name)}`;
    expect(missing([`lib/${stem}.ts`, `test/${stem}.test.ts`])).toEqual([]);
  });

  test.each(Object.entries(parts))("%s says so", (name, make) => {
    expect(make().kind).toBe(name);
  });
});

describe("recipes", () => {
  const named = Object.keys(recipes).filter((name) => name !== "generic");

  test.each(named)("%s has its file, its test and its bench", (name) => {
    const stem = `recipes/${stemOf(name)}`;
    expect(missing([`lib/${stem}.ts`, `test/${stem}.test.ts`, `bench/${stem}.bench.ts`])).toEqual(
      [],
    );
  });

  test("every file of theirs is one of them", () => {
    const helpers = ["index", "family"];
    const stems = listed("lib/recipes", ".ts").filter((stem) => !helpers.includes(stem));
    expect(stems.sort()).toEqual(named.map(stemOf).sort());
  });

  test.each(Object.entries(recipes))("%s is exported, and says so", (name, make) => {
    expect((library as Record<string, unknown>)[name]).toBe(make);
    expect(make({}).name).toBe(name);
  });
});

test("every file of the library's own has its test", () => {
  // What they hold is elsewhere: what index exports, and loading the addon, a matter of packages.
  const elsewhere = ["index", "binding"];
  const stems = listed("lib", ".ts").filter((stem) => !elsewhere.includes(stem));
  expect(missing(stems.map((stem) => `test/${stem}.test.ts`))).toEqual([]);
});
