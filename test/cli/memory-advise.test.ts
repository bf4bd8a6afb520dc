import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import type { RankAdvice } from "../../lib/index.js";
import { model } from "../../lib/models/index.js";
import { type SafetensorsDtype, serializeSafetensors } from "../../lib/safetensors.js";
import { numel } from "../../lib/tensor.js";
import { gaussians } from "../oracle/random.js";
import { encode } from "../support/dtypes.js";
import { runMain } from "./run-main.js";

interface Output extends RankAdvice {
  readonly notes: readonly string[];
}

async function advise(...argv: string[]): Promise<Output> {
  const { code, out, err } = await runMain("memory", "--advise", "--json", ...argv);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

test("of a model by name, in words: a line for each kind of layer, what is assumed, and code", async () => {
  const { code, out } = await runMain(
    ...["memory", "--advise", "--model", "llama-130m", "--budget", "40%"],
  );
  expect(code).toBe(0);
  const [, bytes = ""] = /allocates ([\d,]+) bytes of state, 4?[039]\.\d %/.exec(out) ?? [];
  const { stateBytes, layers } = await advise("--model", "llama-130m", "--budget", "40%");
  expect(bytes).toBe(stateBytes.toLocaleString("en-US"));
  const counts = [...out.matchAll(/^(\d+) × \d+×\d+ .* %$/gm)].map(([, count]) => Number(count));
  expect(counts.reduce((a, b) => a + b, 0)).toBe(layers.length);
  expect(layers).toHaveLength(model("llama-130m").filter(({ role }) => role === "linear").length);
  expect(out).toMatch(/^- no gradients: singular values fall as i\^-0\.6/m);
  expect(out).toMatch(/^import \{ adamSNSM, adamw, .* \} from "lean-optim";$/m);
});

test("what is asked for is not advised on", async () => {
  const { groups } = await advise(
    ...["--model", "llama-60m", "--budget", "150 MB", "--partition", "row"],
    ...["--projector", "svd", "--update-proj-gap", "50", "--dtype", "float32"],
  );
  const linear = groups.filter(({ optimizer }) => optimizer.name === "adamSNSM");
  for (const { optimizer } of linear) {
    expect(optimizer.options).toMatchObject({ partition: "row", stateDtype: "float32" });
    if (optimizer.options.onRefresh === undefined) {
      expect(optimizer.options).toMatchObject({ projector: "svd", updateProjGap: 50 });
    }
  }
});

describe("with gradients from a file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const parameters = [
    { name: "embed.weight", shape: [60, 24] },
    { name: "up.weight", shape: [48, 24] },
    { name: "down.weight", shape: [24, 48] },
    { name: "norm.weight", shape: [24] },
  ];

  function files(changes: Readonly<Record<string, object | null>> = {}, dtype = "float32") {
    const path = join(folder, `gradients-${Math.random()}.safetensors`);
    const types = { float32: "F32", bfloat16: "BF16", float16: "F16" } as const;
    const tensors = [...parameters, { name: "extra.weight", shape: [3] }].flatMap((parameter) => {
      const change = changes[parameter.name];
      if (change === null) return [];
      const { name, shape } = { ...parameter, ...change };
      const data = encode(gaussians(numel(shape), numel(shape)), dtype as "float32");
      const tensor = { name, shape, data, dtype: types[dtype as "float32"] as SafetensorsDtype };
      return [{ ...tensor, ...change }];
    });
    writeFileSync(path, serializeSafetensors(tensors as never));
    const list = join(folder, "model.json");
    writeFileSync(list, JSON.stringify(parameters));
    return ["--model", list, "--gradients", path, "--budget", "75%", "--dtype", "float32"];
  }

  test("they are read as they are stored, and the rest is said", async () => {
    const seen = [];
    for (const dtype of ["float32", "bfloat16", "float16"]) {
      const { captured, assumptions, notes } = await advise(...files({}, dtype));
      expect(notes).toEqual(["1 gradients of no parameter, not looked at: extra.weight"]);
      expect(assumptions[0]).toMatch(/^the gradients given/);
      seen.push(captured);
    }
    for (const captured of seen) expect(captured).toBeCloseTo(seen[0] as number, 2);
    const data = Float64Array.from(gaussians(48 * 24, 48 * 24), Math.fround);
    const doubled = await advise(...files({ "up.weight": { data, dtype: "F64" } }));
    expect(doubled.captured).toBeCloseTo(seen[0] as number, 9);
  });

  test.each<[string, Readonly<Record<string, object | null>>, RegExp]>([
    ["a layer's is missing", { "up.weight": null }, /has no gradient of up\.weight\./],
    ["a misspelled one", { "up.weight": { name: "up.weigth" } }, /Did you mean "up\.weigth"/],
    [
      "another shape",
      { "down.weight": { shape: [48, 24] } },
      /down\.weight: its gradient has shape \[48, 24\], its weight \[24, 48\]/,
    ],
    [
      "integers",
      { "up.weight": { data: new Int32Array(48 * 24), dtype: "I32" } },
      /up\.weight is of I32/,
    ],
    [
      "what is not finite",
      { "up.weight": { data: new Float32Array(48 * 24).fill(Number.NaN) } },
      /up\.weight: its gradient is not finite/,
    ],
  ])("%s is refused", async (_, changes, message) => {
    const { code, err } = await runMain("memory", "--advise", ...files(changes));
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

test.each([
  [["--advise"], /--advise needs a --budget/],
  [["--budget", "1GB"], /--budget goes with --advise/],
  [["--gradients", "x"], /--gradients goes with --advise/],
  [["--advise", "--budget", "30%", "--rank", "4"], /--rank is what --advise advises on/],
  [
    ["--advise", "--budget", "1MB"],
    /budget of 1,000,000 bytes is too small: the least possible is/,
  ],
  [["--advise", "--budget", "lots"], /budget must be a number of bytes, a size such as/],
  [["--advise", "--budget", "30%", "--optimizer", "adamw"], /adamw has no rank to advise on/],
  [["--advise", "--budget", "30%", "--model", "lama-7b"], /no model and no file is called lama-7b/],
  [["--advise", "--budget", "30%", "--gradients", "no-file"], /cannot read no-file/],
  [["--advise", "--budget", "30%", "--projector", "given"], /projectors must be one of/],
  [["--advise", "--budget", "30%", "--update-proj-gap", "x"], /updateProjGap must be an integer/],
])("refuses %p", async (argv, message) => {
  const { code, err } = await runMain("memory", ...argv);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
