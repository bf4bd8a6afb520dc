import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { adamSNSM, adamw, Optimizer } from "../../lib/index.js";
import { type ModelName, model, modelNames } from "../../lib/models/index.js";
import { serializeSafetensors } from "../../lib/safetensors.js";
import { numel } from "../../lib/tensor.js";
import { runMain } from "./run-main.js";

const GiB = 2 ** 30;

interface Column {
  readonly byKind: Record<"momentum" | "secondMoment" | "basis" | "counters", number>;
  readonly padding: number;
  readonly total: number;
}

interface Output {
  readonly parameters: number;
  readonly weightBytes: number;
  readonly published: Column;
  readonly allocated: Column;
  readonly adam: { readonly published: Column; readonly allocated: Column };
  readonly notes: readonly string[];
}

async function memory(...argv: string[]): Promise<Output> {
  const { code, out, err } = await runMain("memory", "--json", ...argv);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

const gib = (bytes: number, digits: number) => (bytes / GiB).toFixed(digits);
const withoutBases = ({ total, byKind }: Column) => total - byKind.basis;

test("the published models have the published numbers of parameters", () => {
  const millions = modelNames.map((name) =>
    (model(name).reduce((sum, { shape }) => sum + numel(shape), 0) / 1e6).toFixed(2),
  );
  expect(Object.fromEntries(modelNames.map((name, i) => [name, millions[i]]))).toEqual({
    "llama-60m": "58.07",
    "llama-130m": "134.11",
    "llama-350m": "367.97",
    "llama-1b": "1339.08",
    "llama-7b": "6738.42",
  });
});

describe("LLaMA-1B in bfloat16, rank 512", () => {
  const at = (optimizer: string, ...argv: string[]) =>
    memory("--model", "llama-1b", "--optimizer", optimizer, "--state-dtype", "bfloat16", ...argv);

  test("Adam", async () => {
    const { published, allocated, adam } = await at("adamw");
    expect([gib(published.total, 2), gib(allocated.total, 2)]).toEqual(["4.99", "7.48"]);
    expect(adam).toEqual({ published, allocated });
  });

  test("AdamSN", async () => {
    const { published, allocated, adam } = await at("adamSN");
    expect([gib(published.total, 2), gib(allocated.total, 2)]).toEqual(["2.62", "2.74"]);
    expect(gib(adam.published.total, 2)).toBe("4.99");
    expect(gib(adam.allocated.total, 2)).toBe("7.48");
  });

  test("AdamSNSM, without bases and with", async () => {
    const { published, allocated } = await at("adamSNSM", "--rank", "512");
    expect(gib(withoutBases(published), 2)).toBe("0.84");
    expect(gib(published.total, 2)).toBe("1.17");
    expect(gib(withoutBases(allocated), 2)).toBe("0.96");
    expect(gib(allocated.total, 2)).toBe("1.29");
  });
});

/** As published, by model, in GiB; ranks 128, 256, 256, 512, 1024. */
const table: Record<string, readonly [string[], string[]]> = {
  "adamw in bfloat16": [["adamw"], ["0.216", "0.500", "1.371", "4.988", "25.10"]],
  "adamw in float32": [
    ["adamw", "--state-dtype", "float32"],
    ["0.433", "0.999", "2.742", "9.977", "50.21"],
  ],
  adamSN: [["adamSN"], ["0.139", "0.296", "0.747", "2.618", "12.80"]],
  "adamSNSM, bases counted": [["adamSNSM"], ["0.088", "0.191", "0.361", "1.169", "5.327"]],
};

const ranks: Record<ModelName, string> = {
  "llama-60m": "128",
  "llama-130m": "256",
  "llama-350m": "256",
  "llama-1b": "512",
  "llama-7b": "1024",
};

describe.each(Object.entries(table))("as published: %s", (_, [argv, expected]) => {
  test.each(modelNames)("%s", async (name) => {
    const rank = argv[0] === "adamSNSM" ? ["--rank", ranks[name]] : [];
    const { published } = await memory("--model", name, "--optimizer", ...argv, ...rank);
    const wanted = expected[modelNames.indexOf(name)];
    expect(gib(published.total, wanted.split(".")[1].length)).toBe(wanted);
  });
});

test.each(modelNames)(
  "%s: adamSNSM, bases not counted; adamSN with float32 moments",
  async (name) => {
    const at = modelNames.indexOf(name);
    const snsm = await memory("--model", name, "--rank", ranks[name]);
    const momentum = ["0.081", "0.160", "0.279", "0.839", "3.569"][at];
    expect(gib(withoutBases(snsm.published), 3)).toBe(momentum);
    const sn = await memory("--model", name, "--optimizer", "adamSN");
    const mixed = ["0.170", "0.342", "0.809", "2.741", "13.05"][at];
    expect(gib(sn.allocated.total, mixed.split(".")[1].length)).toBe(mixed);
  },
);

test("LLaMA-1B under Adam-mini: half of Adam's, and a second moment for each block", async () => {
  const argv = ["--optimizer", "adamMini", "--heads", "32", "--state-dtype", "float32"];
  const { parameters, allocated, adam, notes } = await memory("--model", "llama-1b", ...argv);
  // By layer: queries and keys by heads, values and outputs by rows, gate, up and down.
  const linear = 24 * (2 * 32 + 2 * 2048 + 2 * 5461 + 2048) + 32000;
  // Embeddings and norms are AdamW's, as under every optimizer here.
  const others = 32000 * 2048 + 49 * 2048;
  expect(allocated.byKind.secondMoment).toBe(4 * (linear + others));
  expect(allocated.byKind.momentum).toBe(4 * parameters);
  expect(adam.allocated.byKind.secondMoment).toBe(4 * parameters);
  expect(notes).toEqual([]);
  const { notes: said } = await memory("--optimizer", "adamMini");
  expect(said).toEqual([expect.stringMatching(/^48 × no pattern says/)]);
});

test.each(modelNames)(
  "%s: adamSNSM on lines, whose published numbers take 8 bytes",
  async (name) => {
    const { published } = await memory(
      "--model",
      name,
      "--rank",
      ranks[name],
      "--projector",
      "topK",
    );
    const expected = ["0.068", "0.123", "0.206", "0.576", "2.252"][modelNames.indexOf(name)];
    expect(gib(published.total + published.byKind.basis, 3)).toBe(expected);
  },
);

describe("a model of one's own", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function file(name: string, contents: string | Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, contents);
    return path;
  }

  const small = [
    { name: "token_embed.weight", shape: [50, 16] },
    { name: "layer.weight", shape: [40, 16] },
    { name: "layer.bias", shape: [40] },
  ];

  const flags = ["--optimizer", "adamSNSM", "--rank", "4", "--dtype", "float32"];

  test("takes what an Optimizer allocates, to the byte", async () => {
    const path = file("small.json", JSON.stringify(small));
    const params = (names: RegExp) =>
      small
        .filter(({ name }) => names.test(name))
        .map(({ name, shape }) => ({ name, shape, data: new Float32Array(numel(shape)) }));
    // In the file's order: offsets are aligned.
    const optimizer = new Optimizer([
      { params: params(/embed/), optimizer: adamw() },
      { params: params(/layer.weight/), optimizer: adamSNSM({ rank: 4 }) },
      { params: params(/bias/), optimizer: adamw() },
    ]);
    const { allocated } = await memory("--model", path, ...flags);
    expect(allocated).toEqual(optimizer.memory());
    expect(allocated.total).toBe(optimizer.stateBytes);
    optimizer.dispose();
    const { out } = await runMain("memory", "--model", path, ...flags);
    expect(out).toContain(`allocates ${allocated.total.toLocaleString("en-US")} bytes`);
  });

  test("from a safetensors file's header, without what is no parameter", async () => {
    const json = file("same.json", JSON.stringify(small));
    const weights = small.map((tensor) => ({
      ...tensor,
      dtype: "F32" as const,
      data: new Float32Array(numel(tensor.shape)),
    }));
    const positions = { name: "position_ids", dtype: "I64", shape: [16] } as const;
    const bytes = serializeSafetensors([...weights, { ...positions, data: new BigInt64Array(16) }]);
    const fromFile = await memory("--model", file("m.safetensors", bytes), ...flags);
    const fromList = await memory("--model", json, ...flags);
    expect(fromFile).toMatchObject({
      parameters: fromList.parameters,
      published: fromList.published,
      allocated: fromList.allocated,
      notes: ["not counted, being integers: position_ids"],
    });
  });

  test.each([
    ["not JSON", "{", /^lean-optim: .*no list of parameters/],
    ["not a list", "{}", /it is no list/],
    ["a shape of no sizes", '[{"name": "a", "shape": [-1]}]', /its entry 0 is not/],
    ["nothing", "[null]", /its entry 0 is not/],
  ])("refuses %s", async (_, contents, message) => {
    const { code, err } = await runMain("memory", "--model", file("bad.json", contents));
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test("refuses a damaged safetensors file", async () => {
    const path = file("bad.safetensors", "not a header");
    const { code, err } = await runMain("memory", "--model", path);
    expect(code).toBe(2);
    expect(err).toMatch(/^lean-optim: /);
  });

  test("a file that is not there", async () => {
    const { code, err } = await runMain("memory", "--model", "lama-7b");
    expect(code).toBe(2);
    expect(err).toMatch(
      /^lean-optim: no model and no file is called lama-7b\. Did you mean "llama-7b"/,
    );
  });
});

describe("options", () => {
  test("partitions: a number, also a negative one, or a word", async () => {
    const moments = async (partition: string) => {
      const { published } = await memory("--optimizer", "adamSN", "--partition", partition);
      return published.byKind.secondMoment;
    };
    const [whole, heuristics, runs, long] = await Promise.all(
      ["tensor", "heuristics", "-2", "64"].map(moments),
    );
    expect(whole).toBeLessThan(heuristics);
    // Published: both come to 2.618 GiB.
    expect(Math.abs(runs - heuristics) / GiB).toBeLessThan(0.001);
    expect(long).toBeGreaterThan(heuristics);
  });

  test("the state's type is the weights' unless it is given", async () => {
    const bytes = async (...argv: string[]) => (await memory(...argv)).allocated.byKind.momentum;
    const [half, whole, mixed] = [
      await bytes("--dtype", "bfloat16"),
      await bytes("--dtype", "float32"),
      await bytes("--dtype", "float32", "--state-dtype", "bfloat16"),
    ];
    expect(whole).toBe(2 * half);
    expect(mixed).toBe(half);
  });

  test("the gap between refreshes takes no memory", async () => {
    const { allocated } = await memory("--update-proj-gap", "7");
    expect(allocated).toEqual((await memory()).allocated);
  });

  test("a rank that covers everything is remarked on once for all layers", async () => {
    const { notes } = await memory("--model", "llama-60m", "--rank", "4000");
    expect(notes).toEqual([expect.stringMatching(/^57 × rank 4000 covers all 512 dimensions/)]);
  });

  test.each([
    [["--rank", "x"], /rank must be an integer of at least 1, not "x"/],
    [["--rank", "0"], /rank must be an integer of at least 1, not 0/],
    [["--optimizer", "adamw", "--rank", "4"], /adamw has no option rank/],
    [["--projector", "svdd"], /projector must be one of .*svd/],
    [["--dtype", "int8"], /--dtype must be one of float32, bfloat16, float16/],
    [["--state-dtype", "float16"], /--state-dtype must be one of float32, bfloat16/],
  ])("refuses %p", async (argv, message) => {
    const { code, err } = await runMain("memory", ...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("as text", () => {
  test("a table, a picture to scale, and who gets what", async () => {
    const { code, out } = await runMain("memory", "--model", "llama-1b", "--rank", "512");
    expect(code).toBe(0);
    expect(out).toMatch(/^llama-1b: 1,339,082,752 parameters, 2\.494 GiB of bfloat16$/m);
    expect(out).toMatch(
      /adamSNSM for the 169 weights of linear layers, adamw for the 50 embeddings/,
    );
    expect(out).toMatch(/as published +as allocated here/);
    expect(out).toMatch(/^moments +0\.839 +0\.96\d$/m);
    expect(out).toMatch(/^bases +0\.330 +0\.330$/m);
    expect(out).toMatch(/^adamw in all +4\.988 +7\.483$/m);
    const lengths = [...out.matchAll(/^ {2}\w+ +([█▓░]+) ([\d.]+) GiB$/gm)].map(
      ([, bar, size]) => bar.length / Number(size),
    );
    expect(lengths).toHaveLength(4);
    for (const length of lengths) expect(length / lengths[2]).toBeCloseTo(1, 0);
  });

  test("an optimizer without state", async () => {
    const { out } = await runMain("memory", "--optimizer", "sgd", "--model", "llama-60m");
    expect(out).toMatch(/^bases +0\.000 +0\.000$/m);
  });
});
