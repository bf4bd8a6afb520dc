/** Finished trainings on disk. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprint, Journal } from "../../bench/comparison/journal.js";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lean-optim-journal-"));
  file = join(folder, "deep", "lines.jsonl");
});

afterEach(() => rmSync(folder, { recursive: true }));

const first = { entry: "adamw", learningRate: 0.1 };
const second = { entry: "adamw", learningRate: 0.2 };

function filled(): Journal<object, object> {
  const journal = new Journal<object, object>(file);
  journal.add(first, { loss: 1 / 3 });
  journal.add(second, { loss: null });
  return journal;
}

test("what was added is there in the next run, to the last bit", () => {
  filled();
  const journal = new Journal<object, object>(file);
  expect(journal.size).toBe(2);
  expect(journal.get({ learningRate: 0.1, entry: "adamw" })).toEqual({ loss: 1 / 3 });
  expect(journal.get(second)).toEqual({ loss: null });
  expect(journal.get({ ...second, seed: 1 })).toBeUndefined();
});

test("a line that was cut off is gone, and the next one starts where it did", () => {
  filled();
  appendFileSync(file, '{"fingerprint":"00","key":{"entr');
  const journal = new Journal<object, object>(file);
  expect(journal.size).toBe(2);
  journal.add({ entry: "sgd" }, { loss: 2 });
  const again = new Journal<object, object>(file);
  expect(again.get({ entry: "sgd" })).toEqual({ loss: 2 });
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(4);
});

test("a changed line is an error that names it", () => {
  filled();
  const [one = "", ...others] = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, [one.replace("0.1", "0.3"), ...others].join("\n"));
  expect(() => new Journal(file)).toThrow(/lines\.jsonl, line 1: .*another line's/);
  writeFileSync(file, `${one}\nnonsense\n`);
  expect(() => new Journal(file)).toThrow(/lines\.jsonl, line 2: /);
});

test("fingerprints are of contents", () => {
  expect(fingerprint({ a: 1, b: { c: 2, d: 3 } })).toBe(fingerprint({ b: { d: 3, c: 2 }, a: 1 }));
  expect(fingerprint({ a: 1 })).not.toBe(fingerprint({ a: 2 }));
  expect(fingerprint([1, 2])).not.toBe(fingerprint([2, 1]));
});
