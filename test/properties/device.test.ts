/** What is true of steps on a CUDA device alone. That they are right is the recipes' tests' matter. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adago,
  adagradSNSM,
  adamSM,
  adamSN,
  adamSNSM,
  adamw,
  apollo,
  fira,
  galore,
  ldadam,
  muon,
  Optimizer,
  type OptimizerOptions,
  type Recipe,
  sgdSM,
} from "lean-optim";
import { type DevicePointer, deviceMemory } from "../../lib/device-memory.js";
import { takeCounters } from "../../lib/native.js";
import { describeOnCuda } from "../support/backends.js";
import { bitsOf, stateBits } from "../support/bits.js";
import { decode, encode, randomArray, randomFloats } from "../support/dtypes.js";
import { refusal } from "../support/refusal.js";

const code = (expected: string) => expect.objectContaining({ name: "LeanError", code: expected });
type DType = "float32" | "bfloat16" | "float16";
const bytesOf = { float32: 4, bfloat16: 2, float16: 2 };

/** Those with a projection whose kernels are there. */
const subspace = { lr: 1e-2, rank: 3, updateProjGap: 2 } as const;
const projected: readonly Recipe[] = [
  sgdSM(subspace),
  adamSM(subspace),
  adagradSNSM(subspace),
  ...(["powerIteration", "svd", "uniform", "topK"] as const).map((projector) =>
    adamSNSM({ ...subspace, projector, onRefresh: "rotate" }),
  ),
];
const projectorOf = ({ momentum }: Recipe) =>
  (momentum as unknown as { projector: { kind: string } }).projector.kind;

/** A tensor that begins `shift` elements into a buffer. */
function upload(device: string, count: number, seed: number, dtype: DType, shift = 0) {
  const memory = deviceMemory(device);
  const buffer = memory.alloc((count + shift) * bytesOf[dtype]);
  buffer.write(randomArray(count, seed, dtype), shift * bytesOf[dtype]);
  const ptr = buffer.ptr + BigInt(shift * bytesOf[dtype]);
  const host = encode(new Float32Array(count), dtype);
  return { buffer, ptr, read: () => buffer.read(host, shift * bytesOf[dtype]).slice() };
}

describeOnCuda("on %s", (device) => {
  const memory = deviceMemory(device);
  const parameter = (count: number, seed = 1, dtype: DType = "float32") => {
    const data = upload(device, count, seed, dtype);
    const grad = upload(device, count, seed + 100, dtype);
    return { name: `w${seed}`, shape: [count], dtype, data, grad };
  };
  type Made = ReturnType<typeof parameter>;
  const make = (
    made: readonly Made[],
    optimizer: Recipe = adamw({ lr: 1e-2 }),
    options: OptimizerOptions = {},
  ) =>
    new Optimizer(
      [
        {
          optimizer,
          params: made.map(({ data, grad, ...rest }) => ({
            ...rest,
            data: data.ptr,
            grad: grad.ptr,
            device,
          })),
        },
      ],
      options,
    );

  test.each<DType>(["float32", "bfloat16", "float16"])(
    "views of %s that are not aligned step to the same bits",
    (dtype) => {
      for (const recipe of [adamw({ lr: 1e-2 }), adamSN({ lr: 1e-2 }), muon(), ...projected]) {
        const results = [0, 1, 3, 4].map((shift) => {
          const data = upload(device, 37 * 53, 1, dtype, shift);
          const grad = upload(device, 37 * 53, 2, dtype, 0);
          const params = [{ name: "w", shape: [37, 53], dtype, data: data.ptr, grad: grad.ptr }];
          using optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
          for (let step = 0; step < 3; step++) optimizer.step();
          optimizer.synchronize();
          return bitsOf(data.read());
        });
        expect(new Set(results).size).toBe(1);
      }
    },
  );

  test("rows longer than a block takes alone step as on the CPU", () => {
    const shape = [2, 70_001];
    const count = 140_002;
    const recipe = adamSN({ lr: 1e-2, partition: "row" });
    const data = upload(device, count, 1, "float32");
    const grad = upload(device, count, 2, "float32");
    const params = [
      { name: "w", shape, dtype: "float32" as const, data: data.ptr, grad: grad.ptr },
    ];
    using optimizer = new Optimizer([{ params, optimizer: recipe }], { device });
    const own = { name: "w", shape, data: randomFloats(count, 1), grad: randomFloats(count, 2) };
    using expected = new Optimizer([{ params: [own], optimizer: recipe }]);
    for (const each of [optimizer, expected]) {
      each.step();
      each.synchronize();
    }
    const off = Array.from(data.read(), (x, i) => Math.abs(x - (own.data[i] as number)));
    expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-6);
  });

  test("a thousand small tensors take no more launches than one, and step as each does alone", () => {
    const many = Array.from({ length: 1000 }, (_, i) => parameter(1 + (i % 7), i));
    using optimizer = make(many);
    optimizer.step();
    optimizer.synchronize();
    for (const i of [0, 6, 999]) {
      const alone = parameter(1 + (i % 7), i);
      using other = make([alone]);
      other.step();
      other.synchronize();
      expect(bitsOf(alone.data.read())).toBe(bitsOf((many[i] as Made).data.read()));
      expect(optimizer.launches).toBe(other.launches);
    }
    expect(optimizer.launches).toBe(3);
  });

  test("tensors without elements are counted and nothing else", () => {
    const some = parameter(3, 2);
    using optimizer = new Optimizer(
      [
        {
          optimizer: adamw({ lr: 1e-2 }),
          params: [
            { name: "none", shape: [0, 5], dtype: "float32", data: 0n, grad: 0n },
            { name: "some", shape: [3], dtype: "float32", data: some.data.ptr },
          ],
        },
      ],
      { device },
    );
    optimizer.step();
    expect(optimizer.counters("none")[0]?.updates).toBe(1);
    expect(optimizer.counters("some")[0]?.updates).toBe(0);
  });

  test("steps that run ahead take each its own learning rate and gradients", () => {
    const made = parameter(100);
    const grads = [1, 2, 3].map((seed) => upload(device, 100, seed, "float32"));
    using optimizer = make([made], adamw({ lr: 1, betas: [0, 0.9], weightDecay: 0 }));
    const data = randomFloats(100, 1);
    using expected = new Optimizer([
      {
        optimizer: adamw({ lr: 1, betas: [0, 0.9], weightDecay: 0 }),
        params: [{ name: "w", data }],
      },
    ]);
    for (const [i, grad] of grads.entries()) {
      for (const each of [optimizer, expected]) each.groups[0].lr = 0.1 * (i + 1);
      optimizer.step({ grads: [grad.ptr] });
      expected.step({ grads: [randomFloats(100, i + 1)] });
    }
    optimizer.synchronize();
    expect(optimizer.poll()).toBe(true);
    const got = decode(made.data.read(), "float32");
    for (const [i, x] of data.entries()) expect(got[i]).toBeCloseTo(x, 5);
  });

  test("gradients by an array of addresses move as those by a list do", () => {
    const of = () => [parameter(64, 1), parameter(64, 2)];
    const grads = [1, 2, 3].map((seed) =>
      [5, 6].map((k) => upload(device, 64, 9 * seed + k, "float32").ptr),
    );
    const turns = [0, 1, 0, 2, 1, 1, 0].map((turn) => grads[turn] as bigint[]);
    // Known and new, all and some, then as they were.
    const steps = [...turns, [0n, turns[0]?.[1] as bigint], turns[1] as bigint[], undefined];
    const [made, listed] = [of(), of()];
    using optimizer = make(made);
    using expected = make(listed);
    const addresses = new BigUint64Array(2);
    for (const step of steps) {
      if (step !== undefined) addresses.set(step);
      optimizer.step(step && { grads: addresses });
      expected.step(step && { grads: step.map((address) => (address === 0n ? null : address)) });
    }
    expect(stateBits(optimizer.stateDict())).toEqual(stateBits(expected.stateDict()));
    expect(optimizer.counters("w1")[0]?.calls).toBe(steps.length - 1);
    for (const [i, { data }] of made.entries()) {
      expect(bitsOf(data.read())).toBe(bitsOf((listed[i] as Made).data.read()));
    }
  });

  test("a step that is skipped for a NaN leaves weights and moments to the bit", () => {
    const made = parameter(64);
    using optimizer = make([made], adamSN({ lr: 1e-2 }), { maxGradNorm: 1 });
    optimizer.step();
    optimizer.synchronize();
    const before = [bitsOf(made.data.read()), stateBits(optimizer.stateDict())["w1.exp_avg"]];
    made.grad.buffer.write(Float32Array.of(Number.NaN), 4 * 17);
    optimizer.step();
    expect(optimizer.gradNorm).toBeNaN();
    expect(optimizer.counters("w1")[0]).toMatchObject({ calls: 2, updates: 1, skipped: 1 });
    expect([bitsOf(made.data.read()), stateBits(optimizer.stateDict())["w1.exp_avg"]]).toEqual(
      before,
    );
  });

  test("a run goes on on the CPU, and from there on the device again", () => {
    const folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
    const warn = jest.spyOn(process, "emitWarning").mockImplementation();
    try {
      const recipe = adamSN({ lr: 1e-2 });
      const file = join(folder, "state.safetensors");
      const there = parameter(500);
      const data = randomFloats(500, 1);
      const params = [{ name: "w1", data, grad: randomFloats(500, 101) }];
      using optimizer = make([there], recipe);
      using here = new Optimizer([{ params, optimizer: recipe }]);
      using reference = new Optimizer([
        { params: [{ ...params[0], name: "w1", data: data.slice() }], optimizer: recipe },
      ]);
      optimizer.step();
      optimizer.save(file);
      here.load(file);
      data.set(there.data.read() as Float32Array);
      here.step();
      here.save(file);
      optimizer.load(file);
      there.data.buffer.write(data);
      optimizer.step();
      expect(warn).toHaveBeenCalledTimes(2);
      for (let step = 0; step < 3; step++) reference.step();
      expect(optimizer.steps).toBe(3);
      expect(optimizer.counters("w1")).toEqual(reference.counters("w1"));
      const [got, expected] = [optimizer, reference].map(
        (each) => each.stateDict()["w1.exp_avg"]?.data as Float32Array,
      );
      for (const [i, x] of expected.entries()) expect(got[i]).toBeCloseTo(x, 5);
    } finally {
      warn.mockRestore();
      rmSync(folder, { recursive: true });
    }
  });

  test("stepAsync has stepped when it resolves", async () => {
    const made = parameter(64);
    using optimizer = make([made]);
    const before = bitsOf(made.data.read());
    await optimizer.stepAsync();
    expect(bitsOf(made.data.read())).not.toBe(before);
  });

  test("a saved run goes on bit for bit", () => {
    const folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
    try {
      const first = parameter(500, 1, "bfloat16");
      using optimizer = make([first], adamSN({ lr: 1e-2 }));
      optimizer.step();
      optimizer.save(join(folder, "state.safetensors"));
      const second = parameter(500, 1, "bfloat16");
      second.data.buffer.write(first.data.read());
      using resumed = make([second], adamSN({ lr: 1e-2 }));
      resumed.load(join(folder, "state.safetensors"));
      for (const each of [optimizer, resumed]) {
        each.step();
        each.synchronize();
      }
      expect(bitsOf(second.data.read())).toBe(bitsOf(first.data.read()));
      expect(stateBits(resumed.stateDict())).toEqual(stateBits(optimizer.stateDict()));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(projected.map((recipe) => [`${recipe.name}, ${projectorOf(recipe)}`, recipe] as const))(
    "a saved run of %s goes on bit for bit, through its refreshes",
    (_, recipe) => {
      const folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
      try {
        const shape = [24, 17];
        const matrix = (seed: number) => ({ ...parameter(24 * 17, seed), shape });
        const first = matrix(1);
        using optimizer = make([first], recipe);
        const other = upload(device, 24 * 17, 7, "float32");
        for (let step = 0; step < 4; step++) optimizer.step();
        optimizer.save(join(folder, "state.safetensors"));
        const second = matrix(1);
        second.data.buffer.write(first.data.read());
        using resumed = make([second], recipe);
        resumed.load(join(folder, "state.safetensors"));
        for (const each of [optimizer, resumed]) {
          for (let step = 0; step < 4; step++) each.step({ grads: [other.ptr] });
          each.synchronize();
        }
        expect(optimizer.counters("w1")[0]).toMatchObject({ updates: 8, refused: 0 });
        expect(optimizer.counters("w1")[0]?.refreshes).toBeGreaterThan(2);
        expect(bitsOf(second.data.read())).toBe(bitsOf(first.data.read()));
        expect(stateBits(resumed.stateDict())).toEqual(stateBits(optimizer.stateDict()));
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test("many weights choose their lines in one launch, each as it does alone", () => {
    const recipe = adamSNSM({ lr: 1e-2, rank: 5, projector: "topK", refreshOffset: 0 });
    const matrix = (i: number) => ({ ...parameter(24 * (2 + i), i), shape: [24, 2 + i] });
    const many = Array.from({ length: 40 }, (_, i) => matrix(i));
    // Of which some have their sums by rows and some by columns.
    using optimizer = make(many, recipe);
    optimizer.step();
    optimizer.synchronize();
    for (const i of [0, 17, 39]) {
      const alone = matrix(i);
      using other = make([alone], recipe);
      other.step();
      other.synchronize();
      expect(bitsOf(alone.data.read())).toBe(bitsOf((many[i] as Made).data.read()));
      expect(optimizer.launches).toBeLessThanOrEqual(other.launches + 3);
    }
  });

  const matrices = (dtype: DType, ...shapes: (readonly [number, number])[]) =>
    shapes.map(([rows, cols], i) => ({
      ...parameter(rows * cols, i, dtype),
      shape: [rows, cols],
    }));
  const stepped = (made: readonly Made[], recipe: Recipe, options: OptimizerOptions = {}) => {
    using optimizer = make(made, recipe, options);
    for (let step = 0; step < 3; step++) optimizer.step();
    const state = stateBits(optimizer.stateDict());
    const { launches, workspaceBytes } = optimizer;
    return { launches, workspaceBytes, state, weights: made.map((m) => bitsOf(m.data.read())) };
  };

  test.each<DType>(["float32", "bfloat16", "float16"])(
    "projected weights of %s that take turns in little memory step to the same bits",
    (dtype) => {
      const recipe = adamSNSM({ ...subspace, stateDtype: "bfloat16" });
      const run = (options: OptimizerOptions) =>
        stepped(matrices(dtype, [17, 12], [18, 12], [19, 12]), recipe, options);
      const { launches, workspaceBytes, ...together } = run({});
      const alone = run({ scratchBytes: 0 });
      const inTwos = run({ scratchBytes: dtype === "float32" ? 500 : 300 });
      expect(alone).toMatchObject(together);
      expect(inTwos).toMatchObject(together);
      expect([alone.launches - launches, inTwos.launches - launches]).toEqual([4, 2]);
      expect(alone.workspaceBytes).toBeLessThan(workspaceBytes);
    },
  );

  test.each([
    ["galore", galore({ rank: 3, updateProjGap: 2 })],
    ["galore on either side", galore({ rank: 3, updateProjGap: 2, side: "full" })],
    ["fira", fira({ rank: 3, updateProjGap: 2 })],
    ["apollo", apollo({ rank: 3, updateProjGap: 2 })],
    ["ldadam", ldadam({ rank: 3 })],
    ["ldadam by singular vectors", ldadam({ rank: 3, method: "svd" })],
  ])("under %s, too", (_, recipe) => {
    const run = (options: OptimizerOptions) =>
      stepped(matrices("float32", [17, 12], [18, 12], [19, 12]), recipe, options);
    const { launches, workspaceBytes, ...together } = run({});
    const alone = run({ scratchBytes: 0 });
    expect(alone).toMatchObject(together);
    expect(alone.launches).toBeGreaterThan(launches);
    expect(alone.workspaceBytes).toBeLessThan(workspaceBytes);
  });

  test("orthogonal steps of any number of matrices take as many launches as the one with the most", () => {
    const square = [9, 9] as const;
    const long = [25, 8] as const;
    // Counters, scalars; norms, lengths, momenta; three products for each of five iterations, or
    // on Gram matrices nine for the first three and six for the others.
    const most = { [`${square}`]: 5 + 15, [`${long}`]: 5 + 17 };
    const many = [square, long, [1, 1], [8, 16], [140, 12], [12, 11]] as const;
    const together = stepped(matrices("float32", ...many), adago());
    expect(together.launches).toBe(most[`${long}`]);
    for (const [i, shape] of [square, long].entries()) {
      const alone = matrices("float32", ...many).slice(i, i + 1);
      const { launches, weights } = stepped(alone, adago());
      expect(launches).toBe(most[`${shape}`]);
      expect(weights[0]).toBe(together.weights[i]);
    }
  });

  test.each<DType>(["float32", "bfloat16", "float16"])(
    "matrices of %s that take turns in little memory are stepped to the same bits",
    (dtype) => {
      const run = (options: OptimizerOptions) =>
        stepped(matrices(dtype, [17, 12], [12, 25], [16, 16]), muon(), options);
      const { launches, workspaceBytes, ...together } = run({});
      const alone = run({ scratchBytes: 0 });
      expect(alone).toMatchObject(together);
      // A launch for what each begins with, and its products.
      expect(alone.launches - launches).toBe(16 + 16);
      expect(alone.workspaceBytes).toBeLessThan(workspaceBytes);
    },
  );

  test("symmetric products take at most 0.57 of the whole ones' instructions on tensor cores", () => {
    if (takeCounters(device, true) === null) return;
    const counted = (side: number) => {
      const recipe = muon({ nsSteps: 1, stateDtype: "bfloat16" });
      using optimizer = make(matrices("bfloat16", [side, side]), recipe);
      takeCounters(device, true);
      optimizer.step();
      optimizer.synchronize();
      const kernels = takeCounters(device, false) ?? [];
      for (const { kernel, bankConflicts } of kernels) {
        expect({ kernel, bankConflicts }).toEqual({ kernel, bankConflicts: 0 });
      }
      return kernels.reduce((sum, { tensorInstructions }) => sum + tensorInstructions, 0);
    };
    // Two symmetric products and a whole one; of a single tile they are all the same.
    const whole = (side: number) => side ** 3 / (16 * 8 * 16);
    expect(counted(128)).toBe(3 * whole(128));
    expect((counted(1024) - whole(1024)) / 2 / whole(1024)).toBeLessThanOrEqual(0.57);
  }, 120_000);

  // Both axes of a weight with more columns than rows, and so, by default, with sums by columns.
  test.each([
    ["columns", "std", 688],
    ["rows", "reverse", 256],
  ] as const)("momentum of %s: each byte moves once", (_, side, lines) => {
    if (takeCounters(device, true) === null) return;
    const rank = 64;
    const count = 256 * 688;
    const made = { ...parameter(count, 1, "bfloat16"), shape: [256, 688] };
    const recipe = adamSNSM({ rank, side, projector: "topK", stateDtype: "bfloat16" });
    using optimizer = make([made], recipe);
    optimizer.step();
    optimizer.synchronize();
    takeCounters(device, true);
    optimizer.step();
    optimizer.synchronize();
    let touched = 0;
    for (const { loads, stores } of takeCounters(device, false) ?? []) {
      touched += 32 * (loads.sectorsTouched + stores.sectorsTouched);
    }
    // The gradient for the sums; weight, gradient and the lines' share of momentum for the step.
    expect(touched / (count * (8 + (4 * rank) / lines))).toBeLessThan(1.02);
  });

  test("a step waits for the device where a decomposition can be due, and nowhere else", () => {
    if (takeCounters(device, true) === null) return;
    const made = { ...parameter(48, 1), shape: [8, 6] };
    const recipe = adamSM({ ...subspace, updateProjGap: 3, projector: "svd" });
    using optimizer = make([made], recipe, { skipNonFinite: true });
    const looked = (grad = made.grad.ptr as bigint | null) => {
      takeCounters(device, true);
      optimizer.step({ grads: { [made.name]: grad } });
      optimizer.synchronize();
      const kernels = takeCounters(device, false) ?? [];
      return kernels.some(({ kernel }) => kernel.includes("look("));
    };
    const broken = deviceMemory(device).fromHost(new Float32Array(48).fill(Number.NaN));
    // A first basis is due until there is one: not without a gradient, nor from one that is skipped.
    expect([looked(null), looked(broken.ptr), looked(), looked()]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    // Calls 4 and 7 are due, and a gradient that is not there makes no call.
    expect([looked(), looked(null), looked(), looked(), looked()]).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    // What is loaded may have any counters.
    optimizer.loadStateDict(optimizer.stateDict());
    expect([looked(), looked()]).toEqual([true, false]);
    expect(optimizer.counters(made.name)).toMatchObject([{ calls: 9, skipped: 1, refreshes: 3 }]);
  });

  test("the state may be the caller's memory", () => {
    const made = parameter(64);
    using measured = make([made]);
    using state = memory.alloc(measured.stateBytes);
    using optimizer = make([made], adamw({ lr: 1e-2 }), { state });
    optimizer.step();
    optimizer.synchronize();
    expect(memory.toHost(state).some((byte) => byte !== 0)).toBe(true);
  });

  describe("refuses", () => {
    const invalid = code("ERR_LEAN_INVALID_ARG");
    const named = (words: string) =>
      expect.objectContaining({
        code: "ERR_LEAN_INVALID_ARG",
        message: expect.stringContaining(words),
      });
    const withData = (data: unknown, more: object = {}) =>
      new Optimizer(
        [
          {
            optimizer: adamw(),
            params: [
              { name: "w", shape: [64], dtype: "float32", data: data as DevicePointer, ...more },
            ],
          },
        ],
        { device },
      );

    test("memory of the host, by array, whether or not it has a dtype", () => {
      expect(() => withData(new Float32Array(64))).toThrow(invalid);
      expect(() => withData(new Float32Array(64), { dtype: undefined })).toThrow(
        refusal("ERR_LEAN_INVALID_ARG", "w.data", new Float32Array(64)),
      );
    });

    test("an address that is nobody's, by its parameter's name", () => {
      expect(() => withData(4096n)).toThrow(named("w.data: 0x1000 is not memory"));
      using buffer = memory.alloc(256);
      expect(() => withData(buffer, { grad: 4096n })).toThrow(named("w.grad: 0x1000"));
    });

    test("a buffer that was disposed, or is too small, or another device's", () => {
      const buffer = memory.alloc(128);
      expect(() => withData(buffer)).toThrow(named("w.data has 128 bytes, not 256"));
      const params = [{ name: "w", shape: [4], dtype: "float32" as const, data: buffer }];
      expect(() => new Optimizer([{ params, optimizer: adamw() }], { device: "cuda" })).toThrow(
        named(`w.data is memory of the device ${device}, not cuda`),
      );
      buffer.dispose();
      expect(() => withData(buffer)).toThrow(code("ERR_LEAN_DISPOSED"));
    });

    test("memory that was freed", () => {
      const buffer = memory.alloc(256);
      const { ptr } = buffer;
      buffer.dispose();
      expect(() => withData(ptr)).toThrow(invalid);
    });

    test("an allocation that is too small, from where it is asked for on", () => {
      using buffer = memory.alloc(256);
      withData(buffer).dispose();
      expect(() => withData(buffer.ptr + 4n)).toThrow(invalid);
    });

    test("an address that is not aligned to its elements", () => {
      using buffer = memory.alloc(512);
      expect(() => withData(buffer.ptr + 2n)).toThrow(invalid);
    });

    test("addresses without dtype or shape", () => {
      using buffer = memory.alloc(256);
      expect(() => withData(buffer, { dtype: undefined })).toThrow(code("ERR_LEAN_DTYPE"));
      expect(() => withData(buffer, { shape: undefined })).toThrow(code("ERR_LEAN_SHAPE"));
    });

    test("a gradient that shares memory with its weight", () => {
      using buffer = memory.alloc(512);
      expect(() => withData(buffer, { grad: buffer.ptr + 128n })).toThrow(code("ERR_LEAN_ALIAS"));
    });

    test("a moved gradient that is none, and goes on with the old one", () => {
      const made = parameter(64);
      using optimizer = make([made]);
      expect(() => optimizer.step({ grads: [4096n] })).toThrow(invalid);
      optimizer.step();
      expect(optimizer.counters("w1")[0]?.calls).toBe(1);
    });

    test("moved gradients of which one is none: no other moves either", () => {
      const [one, two] = [parameter(64, 1), parameter(64, 2)];
      const [alone, other] = [parameter(64, 1), parameter(64, 2)];
      using optimizer = make([one, two]);
      using expected = make([alone, other]);
      const elsewhere = upload(device, 64, 9, "float32");
      expect(() => optimizer.step({ grads: { w1: elsewhere.ptr, w2: 4096n } })).toThrow(
        named("w2.grad: 0x1000"),
      );
      for (const each of [optimizer, expected]) {
        each.step();
        each.synchronize();
      }
      expect(bitsOf(one.data.read())).toBe(bitsOf(alone.data.read()));
    });

    test("arrays of addresses: another length, one that is none, and goes on with the old ones", () => {
      const [one, two] = [parameter(64, 1), parameter(64, 2)];
      using optimizer = make([one, two]);
      const good = BigUint64Array.of(one.grad.ptr, two.grad.ptr);
      optimizer.step({ grads: good });
      const before = stateBits(optimizer.stateDict());
      const grads = (...addresses: bigint[]) => ({ grads: BigUint64Array.from(addresses) });
      expect(() => optimizer.step(grads(one.grad.ptr))).toThrow(code("ERR_LEAN_SHAPE"));
      expect(() => optimizer.step(grads(one.grad.ptr, 4096n))).toThrow(named("w2.grad: 0x1000"));
      expect(() => optimizer.step(grads(one.grad.ptr, two.grad.ptr + 2n))).toThrow(
        named("w2.grad must be aligned"),
      );
      expect(stateBits(optimizer.stateDict())).toEqual(before);
      optimizer.step();
      expect(optimizer.counters("w2")[0]?.calls).toBe(2);
    });

    test("an address that was a gradient's, and is a moved weight's now", () => {
      const made = parameter(64, 1);
      const elsewhere = upload(device, 64, 3, "float32");
      using optimizer = make([made]);
      const grads = BigUint64Array.of(elsewhere.ptr);
      for (let i = 0; i < 2; i++) optimizer.step({ grads });
      optimizer.step({ grads: [made.grad.ptr], params: [elsewhere.ptr] });
      expect(() => optimizer.step({ grads })).toThrow(code("ERR_LEAN_ALIAS"));
      optimizer.step({ grads: BigUint64Array.of(made.grad.ptr) });
      expect(optimizer.counters("w1")[0]?.calls).toBe(4);
    });

    test("a step whose weights, gradients or state were disposed", () => {
      const [made, other] = [parameter(64, 1), parameter(64, 2)];
      using measured = make([made]);
      const state = memory.alloc(measured.stateBytes);
      const bound = [made, other].map(({ data, grad, ...rest }) => ({
        ...rest,
        data: data.buffer,
        grad: grad.buffer,
      }));
      const build = (i: number, options: object) =>
        new Optimizer([{ optimizer: adamw(), params: [bound[i] as never] }], {
          device,
          ...options,
        });
      using withState = build(0, { state });
      using withGrad = build(1, {});
      state.dispose();
      other.grad.buffer.dispose();
      for (const optimizer of [withState, withGrad]) {
        expect(() => optimizer.step()).toThrow(code("ERR_LEAN_DETACHED"));
      }
      withGrad.step({ grads: [null] });
      withGrad.synchronize();
    });

    test("a stream that is none", () => {
      const params = [
        { name: "w", shape: [64], dtype: "float32" as const, data: memory.alloc(256) },
      ];
      const build = (stream: unknown) =>
        new Optimizer([{ optimizer: adamw(), params }], { device, stream: stream as bigint });
      for (const stream of ["x", null, 7, {}, -1n]) expect(() => build(stream)).toThrow(invalid);
      // A driver may follow such an address; the interpreter knows its streams.
      if (device === "simt") expect(() => build(4096n)).toThrow(invalid);
    });

    test("the default streams", () => {
      using buffer = memory.alloc(256);
      for (const stream of [0n, 1n, 2n]) {
        const params = [{ name: "w", shape: [64], dtype: "float32" as const, data: buffer }];
        expect(() => new Optimizer([{ optimizer: adamw(), params }], { device, stream })).toThrow(
          invalid,
        );
      }
    });
  });
});

test("an address without a device is refused on the CPU", () => {
  const params = [{ name: "w", shape: [2], dtype: "float32" as const, data: 4096n }];
  expect(() => new Optimizer([{ optimizer: adamw(), params }])).toThrow(
    code("ERR_LEAN_INVALID_ARG"),
  );
});
