/** Prints what an optimizer, memory and `info` say where there is no device that could be used. */
import { adamw, Optimizer } from "lean-optim";
import { deviceMemory } from "../../../lib/device-memory.js";
import { describeNative } from "../../../lib/native.js";

const device = "simt";

function refusal(run: () => unknown): unknown {
  try {
    run();
    return "none";
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return { name, code, message };
  }
}

const params = [{ name: "w", shape: [4], dtype: "float32" as const, data: 4096n }];
console.log(
  JSON.stringify({
    optimizer: refusal(() => new Optimizer([{ params, optimizer: adamw() }], { device })),
    memory: refusal(() => deviceMemory(device).alloc(8)),
    absent: describeNative(device).absent,
  }),
);
