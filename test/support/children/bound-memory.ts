/** Binds arrays that nobody else holds, collects garbage, and prints what a run makes of them. */
import { NativeProgram } from "../../../lib/native.js";

const count = 2 ** 17;
const external = (slot: number, dtype: "float64" | "int32") =>
  ({ place: "external", slot, dtype, shape: [count] }) as const;
const program = new NativeProgram({
  device: "cpu",
  slots: 2,
  state: 24,
  workspace: 0,
  hyper: 2,
  sequences: [
    [
      {
        kernel: "gradientNorm",
        items: [
          {
            partials: external(0, "float64"),
            nonFinite: external(1, "int32"),
            hyper: { place: "hyper", offset: 0, dtype: "float64", shape: [2] },
            result: { place: "state", offset: 0, dtype: "float64", shape: [3] },
          },
        ],
      },
    ],
  ],
});
const sizes: number[] = [];

function bind(): void {
  program.bind([0, 1], [new Float64Array(count).fill(2), new Int32Array(count)]);
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  sizes.push(process.memoryUsage().arrayBuffers);
}

async function main(): Promise<void> {
  bind();
  await settle();
  program.run(0, Float64Array.of(1, 0));
  const [norm] = program.readState(0, new Float64Array(1));
  program.bind([0, 1], [null, null]);
  await settle();
  const [held = 0, left = 0] = sizes;
  console.log(JSON.stringify({ norm, released: held - left }));
}

main();
