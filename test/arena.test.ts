import { adamSN, generic, Optimizer } from "lean-optim";
import { checkArena } from "../lib/arena.js";
import { bitsOf, expectRefused } from "./support/bits.js";
import { randomFloats } from "./support/dtypes.js";
import { refusal } from "./support/refusal.js";

const data = () => randomFloats(60, 1);
const grad = randomFloats(60, 2);
const build = (state?: ArrayBufferView | ArrayBufferLike, weight = data(), optimizer = adamSN()) =>
  new Optimizer([{ params: [{ name: "w", shape: [12, 5], data: weight, grad }], optimizer }], {
    state,
  });
const bytes = build().stateBytes;

describe("the caller's memory", () => {
  test.each<[string, () => ArrayBufferView | ArrayBufferLike]>([
    ["an ArrayBuffer", () => new ArrayBuffer(bytes)],
    ["a SharedArrayBuffer", () => new SharedArrayBuffer(bytes)],
    ["a Float32Array", () => new Float32Array(bytes / 4)],
    ["a BigInt64Array", () => new BigInt64Array(bytes / 8)],
    ["a DataView", () => new DataView(new ArrayBuffer(bytes + 16), 8, bytes)],
    ["a part of a buffer", () => new Uint8Array(new ArrayBuffer(bytes + 16), 8, bytes)],
  ])("can be %s: it holds the state, and the step is the same", (_, make) => {
    const memory = make();
    const [own, foreign] = [data(), data()];
    const [one, other] = [build(undefined, own), build(memory, foreign)];
    for (let step = 0; step < 3; step++) {
      one.step();
      other.step();
    }
    expect(bitsOf(foreign)).toBe(bitsOf(own));
    expect(other.stateDict()).toEqual(one.stateDict());
    const { data: momentum } = other.stateDict()["w.exp_avg"] as { data: Float32Array };
    const found = Buffer.from(checkArena(memory, bytes)).includes(Buffer.from(momentum.buffer));
    expect(found).toBe(true);
  });

  test("survives the optimizer, which goes on where it is handed it again with its state", () => {
    const memory = new ArrayBuffer(bytes);
    const weight = data();
    const first = build(memory, weight);
    first.step();
    const state = first.stateDict();
    first.dispose();
    const second = build(memory, weight);
    second.loadStateDict(state);
    second.step();
    const whole = build(undefined, data());
    whole.step();
    whole.step();
    expect(second.stateDict()).toEqual(whole.stateDict());
  });
});

describe("is refused", () => {
  test.each([bytes - 8, bytes + 8, 0])("of %d bytes", (length) => {
    expect(() => build(new ArrayBuffer(length))).toThrow(
      refusal("ERR_LEAN_SHAPE", "state", length),
    );
  });

  test.each([1, 2, 4])("%d bytes off an alignment of 8", (offset) => {
    const misaligned = new Uint8Array(new ArrayBuffer(bytes + 8), offset, bytes);
    expect(() => build(misaligned)).toThrow(refusal("ERR_LEAN_INVALID_ARG", "state", offset));
  });

  test.each([bytes, "memory", [0], null, {}])("as %p", (state) => {
    expect(() => build(state as never)).toThrow(refusal("ERR_LEAN_INVALID_ARG", "state", state));
  });

  test("where it shares memory with a weight or a gradient", () => {
    const memory = new ArrayBuffer(bytes);
    const inside = new Float32Array(memory, 8, 60);
    expect(() => build(memory, inside)).toThrow(refusal("ERR_LEAN_ALIAS", "w.data", "state"));
    const params = [{ name: "w", shape: [12, 5], data: data(), grad: inside }];
    expect(() => new Optimizer([{ params, optimizer: adamSN() }], { state: memory })).toThrow(
      refusal("ERR_LEAN_ALIAS", "w.grad", "state"),
    );
  });

  test("for a weight or gradient that moves into it", () => {
    const memory = new ArrayBuffer(bytes);
    const weight = data();
    const optimizer = build(memory, weight);
    const inside = new Float32Array(memory, 8, 60);
    for (const [what, options] of [
      ["w.data", { params: { w: inside } }],
      ["w.grad", { grads: { w: inside } }],
    ] as const) {
      const refused = refusal("ERR_LEAN_ALIAS", what, "state");
      expectRefused(optimizer, [weight], () => optimizer.step(options), refused);
    }
    // A weight that has moved elsewhere does not make the arena free.
    optimizer.step({ params: { w: data() } });
    expect(() => optimizer.step({ grads: { w: inside } })).toThrow(
      refusal("ERR_LEAN_ALIAS", "w.grad", "state"),
    );
  });
});

test("once it is transferred, nothing touches it", () => {
  const memory = new ArrayBuffer(bytes);
  const weight = data();
  const optimizer = build(memory, weight);
  const before = bitsOf(weight);
  const moved = structuredClone(memory, { transfer: [memory] });
  const detached = refusal("ERR_LEAN_DETACHED", "state", 0);
  expect(() => optimizer.step()).toThrow(detached);
  expect(() => optimizer.stateDict()).toThrow(detached);
  expect(() => optimizer.counters("w")).toThrow(detached);
  expect(bitsOf(weight)).toBe(before);
  expect(moved.byteLength).toBe(bytes);
  optimizer.dispose();
});

test("an optimizer without state takes memory of no bytes but its counters", () => {
  const { stateBytes } = build(undefined, data(), generic({}));
  const optimizer = build(new ArrayBuffer(stateBytes), data(), generic({}));
  optimizer.step();
  expect(optimizer.counters("w")[0]?.updates).toBe(1);
});
