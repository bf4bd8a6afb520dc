import { describe, expect, test } from "@jest/globals";
import { consecutiveBatches, randomBatches } from "../../examples/language-model/data/batches.js";
import { readBook } from "../../examples/language-model/data/book.js";
import { learnTokenizer } from "../../examples/language-model/data/tokenizer.js";
import {
  bestRun,
  type SweepRun,
  searchLearningRate,
} from "../../examples/language-model/learning-rates.js";
import { parseSettings } from "../../examples/language-model/settings.js";

describe("the book", () => {
  test("is split between paragraphs, its end held out", () => {
    const { training, validation } = readBook();
    expect(training.startsWith("CHAPTER 1. Loomings.\n\nCall me Ishmael.")).toBe(true);
    expect(validation.endsWith("only found another orphan.")).toBe(true);
    const share = validation.length / (training.length + validation.length);
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.1);
    expect(training.includes(validation.slice(0, 200))).toBe(false);
  });
});

describe("the tokenizer", () => {
  const text = "the whale, the white whale; the sea — the whaling sea\n\nof whales";

  test("gives back what it was given", () => {
    const tokenizer = learnTokenizer(text, 36);
    expect(tokenizer.size).toBe(36);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode(text).length).toBeLessThan(text.length / 1.5);
  });

  test("merges the most frequent pair first, within words", () => {
    const { size, encode, decode } = learnTokenizer("abab ab abc", 6);
    expect(decode([size - 1])).toBe("ab");
    expect(Array.from(encode("abcab ba"), (id) => decode([id]))).toEqual([
      "ab",
      "c",
      "ab",
      " ",
      "b",
      "a",
    ]);
  });

  test("stops when every word is one token", () => {
    expect(learnTokenizer("ab ab", 100).size).toBe(6);
  });

  test("encodes characters that it has not seen as unknown", () => {
    const tokenizer = learnTokenizer(text, 40);
    expect(tokenizer.decode(tokenizer.encode("xthe"))).toBe("\ufffdthe");
  });

  test("needs room for every character", () => {
    expect(() => learnTokenizer(text, 5)).toThrow(RangeError);
  });
});

describe("batches", () => {
  const tokens = Int32Array.from({ length: 100 }, (_, i) => i);

  test("targets follow inputs, and a seed gives the same batches again", () => {
    const first = randomBatches(tokens, { count: 3, length: 8 }, 5);
    const second = randomBatches(tokens, { count: 3, length: 8 }, 5);
    for (let i = 0; i < 20; i++) {
      const { inputs, targets } = first.next().value;
      expect(inputs).toHaveLength(24);
      expect(targets).toEqual(inputs.map((token) => token + 1));
      expect(second.next().value.inputs).toEqual(inputs);
    }
  });

  test("consecutive ones cover the text once, fewer are spread over it", () => {
    const all = consecutiveBatches(tokens, { count: 2, length: 8 });
    expect(all.flatMap(({ inputs }) => [...inputs])).toEqual([...tokens.slice(0, 96)]);
    const some = consecutiveBatches(tokens, { count: 2, length: 8 }, 3);
    expect(some.map(({ inputs }) => inputs[0])).toEqual([0, 32, 64]);
  });

  test("need enough text", () => {
    expect(() => consecutiveBatches(tokens, { count: 20, length: 8 })).toThrow(RangeError);
    expect(() => randomBatches(tokens, { count: 1, length: 100 }, 1).next()).toThrow(RangeError);
  });
});

describe("the search for a learning rate", () => {
  const search = (optimum: number, limit = 9) => {
    const tried: number[] = [];
    const runs = searchLearningRate(0.05, 2, limit, (learningRate) => {
      tried.push(learningRate);
      const loss = Math.abs(Math.log(learningRate / optimum));
      return { learningRate, steps: 600, validationLoss: loss > 3 ? null : loss };
    });
    return { tried, runs };
  };

  test.each([0.05, 0.4, 0.006])("goes on until %d is bracketed", (optimum) => {
    const { runs, tried } = search(optimum);
    const best = runs.indexOf(bestRun(runs));
    expect(best).toBeGreaterThan(0);
    expect(best).toBeLessThan(runs.length - 1);
    expect(Math.abs(Math.log2((runs[best] as SweepRun).learningRate / optimum))).toBeLessThan(0.51);
    const rates = runs.map(({ learningRate }) => learningRate);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(new Set(tried).size).toBe(tried.length);
  });

  test("takes no more runs than the bracket needs", () => {
    expect(search(0.05).tried).toEqual([0.05, 0.025, 0.1]);
    expect(search(0.0125).tried).toEqual([0.05, 0.025, 0.0125, 0.00625]);
    expect(search(0.1).tried).toEqual([0.05, 0.025, 0.1, 0.2]);
  });

  test("ends at its limit", () => {
    expect(search(1e9, 5).runs).toHaveLength(5);
  });

  test("counts a diverged run as the worst", () => {
    const best = bestRun([
      { learningRate: 1, steps: 600, validationLoss: null },
      { learningRate: 2, steps: 600, validationLoss: 80 },
    ]);
    expect(best.learningRate).toBe(2);
  });
});

describe("the command line", () => {
  test("has defaults and takes flags", () => {
    expect(parseSettings([])).toMatchObject({
      optimizers: ["adamw", "adamsn", "adamsnsm"],
      out: "demo-report.html",
    });
    expect(
      parseSettings(["--optimizers", "adamsnsm,adamw", "--steps", "7", "--rank=4"]),
    ).toMatchObject({ optimizers: ["adamw", "adamsnsm"], steps: 7, rank: 4 });
  });

  test.each([
    [["--optimizers", "adam"]],
    [["--steps", "0"]],
    [["--steps", "many"]],
    [["--tokens", "100"]],
    [["--width", "100"]],
    [["--momentum", "0.9"]],
  ])("refuses %j", (args) => {
    expect(() => parseSettings(args)).toThrow();
  });
});
