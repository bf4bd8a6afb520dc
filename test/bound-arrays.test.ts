import { BoundArrays, OwnedRanges } from "../lib/bound-arrays.js";
import type { WeightArray } from "../lib/tensor.js";
import { uniforms } from "./oracle/random.js";
import { refusal } from "./support/refusal.js";

describe("OwnedRanges", () => {
  const buffer = new ArrayBuffer(100);
  const view = (start: number, end: number) => new Uint16Array(buffer, start, (end - start) / 2);

  test.each([
    ["the same", 40, 60],
    ["inside", 44, 50],
    ["around", 30, 70],
    ["over its beginning", 30, 42],
    ["over its end", 58, 70],
  ])("refuses %s", (_, start, end) => {
    const owned = new OwnedRanges();
    owned.claim(view(40, 60), "first");
    expect(() => owned.claim(view(start, end), "second")).toThrow(
      refusal("ERR_LEAN_ALIAS", "second", "first"),
    );
  });

  test.each([
    ["before it", 30, 40],
    ["after it", 60, 70],
    ["nothing at all, inside it", 50, 50],
  ])("takes %s", (_, start, end) => {
    const owned = new OwnedRanges();
    owned.claim(view(40, 60), "first");
    owned.claim(view(start, end), "second");
  });

  test("another buffer is other memory", () => {
    const owned = new OwnedRanges();
    owned.claim(new Float32Array(4), "first");
    owned.claim(new Float32Array(4), "second");
  });

  test("what is only looked up is not claimed", () => {
    const owned = new OwnedRanges();
    owned.requireFree(view(0, 10), "gradient");
    owned.claim(view(0, 10), "weight");
    expect(() => owned.requireFree(view(0, 10), "gradient")).toThrow(
      refusal("ERR_LEAN_ALIAS", "gradient", "weight"),
    );
  });

  test("agrees with a table of bytes, whatever the order of claims", () => {
    const draw = uniforms(4000, 1);
    for (let round = 0; round < 100; round++) {
      const owned = new OwnedRanges();
      const bytes = new Uint8Array(100);
      for (let claim = 0; claim < 10; claim++) {
        const [x, y] = draw.subarray(20 * round + 2 * claim);
        const start = 2 * Math.floor((x as number) * 45);
        const end = start + 2 * Math.floor((y as number) * 6);
        const isFree = bytes.subarray(start, end).every((byte) => byte === 0);
        const act = () => owned.claim(view(start, end), "next");
        if (isFree) act();
        else expect(act).toThrow(refusal("ERR_LEAN_ALIAS", "next"));
        if (isFree) bytes.fill(1, start, end);
      }
    }
  });
});

describe("BoundArrays", () => {
  const types = [
    { name: "a", length: 3, dtype: "float32" as const },
    { name: "b", length: 0, dtype: "bfloat16" as const },
  ];
  const bound = () => new BoundArrays("data", "cpu", types);

  test("begin unbound, which is intact", () => {
    const arrays = bound();
    expect(arrays.arrays).toEqual([null, null]);
    arrays.requireIntact();
    expect(arrays.label(1)).toBe("b.data");
  });

  test("notice a length that is no longer what it was", () => {
    const arrays = bound();
    const array = new Float32Array(3);
    arrays.arrays[0] = array;
    arrays.requireIntact();
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(() => arrays.requireIntact()).toThrow(refusal("ERR_LEAN_DETACHED", "a", 0));
  });

  test("notice one that is about to be bound", () => {
    expect(() => bound().requireIntact([null, new Float32Array(1)])).toThrow(
      refusal("ERR_LEAN_DETACHED", "b", 1),
    );
  });

  test("moved by address are views once somebody asks, those that stayed the same ones", () => {
    const grads = new BoundArrays("grad", "simt", types);
    grads.takeAddresses(BigUint64Array.of(64n, 0n));
    grads.requireIntact();
    const [view, none] = grads.arrays;
    expect(view).toMatchObject({ ptr: 64n, length: 3, byteLength: 12 });
    expect(none).toBeNull();
    grads.takeAddresses(BigUint64Array.of(64n, 128n));
    expect(grads.arrays[0]).toBe(view);
    expect(grads.arrays[1]).toMatchObject({ ptr: 128n });
  });

  test("are addresses where those are all that was handed over", () => {
    const grads = new BoundArrays("grad", "simt", types);
    const addresses = BigUint64Array.of(64n, 0n);
    expect(grads.addressesOf(addresses)).toBe(addresses);
    expect(grads.addressesOf([64n, null])).toEqual(addresses);
    const [last, beyond] = [2n ** 64n - 1n, 2n ** 64n];
    expect(grads.addressesOf([last, 1n])).toEqual(BigUint64Array.of(last, 1n));
    const others = [[64n], [64n, 0n], [64n, 64], [64n, { ptr: 64n }], [-1n, 1n], [beyond, 1n]];
    for (const other of [undefined, { a: 64n, b: null }, new BigUint64Array(1), ...others]) {
      expect(grads.addressesOf(other)).toBeUndefined();
    }
    expect(bound().addressesOf([null, null])).toBeUndefined();
  });

  describe("about to move", () => {
    const [old, fresh] = [new Float32Array(3), new Float32Array(3)];
    const grads = () => {
      const arrays = new BoundArrays("grad", "cpu", types);
      arrays.arrays[0] = old;
      return arrays;
    };

    test("are those that are other ones, and stay where they were", () => {
      const empty = new Uint16Array(0);
      const arrays = grads();
      const all: [number, WeightArray][] = [
        [1, empty],
        [0, fresh],
      ];
      expect(arrays.moves(all)).toEqual({
        indices: [1, 0],
        arrays: [empty, fresh],
        after: [fresh, empty],
      });
      expect(arrays.moves([[0, old]])).toEqual({ indices: [], arrays: [], after: [old, null] });
      expect(arrays.arrays).toEqual([old, null]);
    });

    test("may go away if they are gradients", () => {
      expect(grads().moves([[0, null]])).toEqual({
        indices: [0],
        arrays: [null],
        after: [null, null],
      });
      const data = bound();
      data.arrays[0] = old;
      expect(() => data.moves([[0, null]])).toThrow(refusal("ERR_LEAN_DTYPE", "a.data", null));
    });

    test("must have the type and length that were bound", () => {
      const arrays = bound();
      expect(() => arrays.moves([[1, new Float32Array(0)]])).toThrow(
        refusal("ERR_LEAN_DTYPE", "b.data", "bfloat16"),
      );
      expect(() => arrays.moves([[0, new Float32Array(4)]])).toThrow(
        refusal("ERR_LEAN_SHAPE", "a", 4),
      );
    });
  });
});
