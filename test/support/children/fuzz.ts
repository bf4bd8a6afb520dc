/**
 * Hands random garbage, and programs that are nearly right, to the addon itself. The process must
 * live; what it prints says what came of the calls.
 */
import { loadBinding } from "../../../lib/binding.js";
import { errorCodes } from "../../../lib/errors.js";
import { type Call, describeKernels, type KernelName, setThreads } from "../../../lib/native.js";
import { Draw } from "../fuzz/draw.js";
import { garbage, spoiled } from "../fuzz/garbage.js";
import { kernelItem, Places, rememberFields } from "../fuzz/kernel-items.js";

type Method = (...args: unknown[]) => unknown;
type RawProgram = Record<string, Method>;
interface Addon extends Record<string, Method> {
  Program: Method & (new (spec: unknown) => RawProgram);
  Buffer: Method & (new (device: unknown, bytes: unknown) => RawProgram);
  takeError: () => { code: string; message: string } | undefined;
}

const device = process.argv[4] ?? "cpu";
const addon = loadBinding(device === "simt" ? "simt" : "addon") as Addon;
const kernels = describeKernels();
rememberFields(kernels);
const draw = new Draw(Number(process.argv[2]));
const rounds = Number(process.argv[3]);
const outcomes: Record<string, number> = {};
/** The addon leaves it to its caller to keep alive what a program points into. */
const held = new WeakMap<RawProgram, unknown[]>();
const methods = [
  "bind",
  "bindAddresses",
  "run",
  "runAsync",
  "readState",
  "writeState",
  "readWorkspace",
  "post",
  "collect",
  "stream",
  "workspaceBytes",
  "launches",
  "synchronize",
  "poll",
  "waitEvent",
  "recordEvent",
  "dispose",
];
const bufferMethods = ["address", "copyIn", "copyOut", "dispose"];

function count(outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

/** Calls, and counts what comes of it: a result, an error that can be asked for, or an exception. */
function attempt(what: string, act: () => unknown): unknown {
  try {
    const result = act();
    const error = addon.takeError();
    if (error === undefined) {
      count(`${what} done`);
      return result;
    }
    const isKnown = (errorCodes as readonly string[]).includes(error.code);
    count(isKnown && error.message !== "" ? `${what} refused` : `unknown error ${error.code}`);
  } catch (error) {
    count(error instanceof TypeError ? `${what} threw` : `unknown exception ${error}`);
  }
  return undefined;
}

/** An array as the device takes it: a copy there, with the buffer that keeps its memory. */
function onDevice(array: ArrayBufferView | null): unknown {
  if (array === null || device === "cpu") return array;
  const buffer = new addon.Buffer(device, array.byteLength);
  buffer.copyIn?.(0, array);
  return { ptr: buffer.address?.(), byteLength: array.byteLength, buffer };
}

/** Memory for a slot: usually enough, of bytes that mean anything. */
function arrayFor({ dtype, shape }: Places["slots"][number]): ArrayBufferView | null {
  if (draw.chance(0.05)) return null;
  const count = shape.reduce((product, extent) => product * extent, 1);
  const missing = draw.chance(0.05) ? draw.integer(1, 3) : 0;
  const length = Math.max(count - missing, 0);
  const any = () =>
    draw.chance(0.02) ? draw.one([Number.NaN, 1e38, -1e38]) : draw.uniform() - 0.3;
  if (dtype === "float32") return Float32Array.from({ length }, any);
  if (dtype === "float64") return Float64Array.from({ length }, any);
  if (dtype === "int32") return Int32Array.from({ length }, () => draw.integer(-2, 20));
  if (dtype === "int64") return BigInt64Array.from({ length }, () => BigInt(draw.integer(0, 9)));
  return Uint16Array.from({ length }, () => draw.integer(0, 0xffff));
}

/** Where those arrays are, with a few mistakes: of the host they are nowhere. */
function addressesOf(arrays: readonly unknown[]): [Int32Array, BigUint64Array] {
  const addresses = arrays.map(
    (array) => (array as { ptr?: bigint } | null)?.ptr ?? 2n ** 64n - 1n,
  );
  const mistakes = [0n, 4096n, 1n << 47n, 2n ** 64n - 2n];
  const slots = Int32Array.from(arrays.keys(), (slot) => (draw.chance(0.002) ? -1 : slot));
  const wrong = (address: bigint) => (draw.chance(0.005) ? draw.one(mistakes) : address);
  return [slots, BigUint64Array.from(addresses, wrong)];
}

interface Made {
  readonly program: RawProgram;
  readonly places: Places;
  readonly hyper: number;
  readonly sequences: number;
}

/** What a specification need not have. */
function withOptions(spec: unknown): unknown {
  if (typeof spec !== "object" || spec === null || !("sequences" in spec)) return spec;
  return Object.assign(spec, {
    ...(draw.chance(0.1) && { stream: garbage(draw) }),
    ...(draw.chance(0.1) && { planned: draw.one([true, true, garbage(draw)]) }),
    ...(draw.chance(0.2) && { scratch: draw.one([0, 1, 2 ** 40, garbage(draw)]) }),
  });
}

function makeProgram(): Made | undefined {
  const places = new Places(draw);
  const sequences: Call[][] = Array.from({ length: draw.integer(0, 2) }, () =>
    Array.from({ length: draw.integer(0, 2) }, () => {
      const kernel = draw.one(kernels).name as KernelName;
      const items = Array.from({ length: draw.integer(0, 3) }, () =>
        kernelItem(kernel, draw, places),
      );
      return { kernel, items };
    }),
  );
  const hyper = draw.integer(0, 2);
  const spec = {
    device,
    slots: places.slots.length,
    state: draw.chance(0.2) ? onDevice(new BigInt64Array(places.state / 8)) : places.state,
    workspace: places.workspace,
    hyper,
    sequences,
  };
  const given = withOptions(spoiled(spec, draw, draw.one([0, 0, 0, 0.002, 0.02])));
  const program = attempt("new", () => new addon.Program(given)) as RawProgram | undefined;
  return program && { program, places, hyper, sequences: sequences.length };
}

async function useProgram(): Promise<void> {
  const made = makeProgram();
  if (made === undefined) return;
  const { program, places, sequences } = made;
  const hyper = () => new Float64Array(draw.chance(0.95) ? made.hyper : 3).fill(1);
  const arrays = places.slots.map((slot) => onDevice(arrayFor(slot)));
  held.set(program, [arrays]);
  attempt("bind", () => program.bind?.([...arrays.keys()], arrays));
  attempt("bindAddresses", () => program.bindAddresses?.(...addressesOf(arrays)));
  for (let i = 0; i < 2 * sequences; i++) attempt("run", () => program.run?.(i >> 1, hyper()));
  attempt("writeState", () => program.writeState?.(0, new Uint8Array(places.state).fill(0x3f)));
  attempt("run", () => program.run?.(0, hyper()));
  const running = attempt("runAsync", () => program.runAsync?.(0, hyper(), arrays));
  for (let i = 0; i < 6; i++) {
    const method = draw.one(methods);
    const args = Array.from({ length: draw.integer(0, 3) }, () => garbage(draw));
    held.get(program)?.push(args);
    attempt(`garbage to ${method}`, () => program[method]?.(...args));
  }
  if (running instanceof Promise) {
    const isDone = await running;
    if (isDone === false) addon.takeError();
  }
  if (draw.chance(0.5)) attempt("dispose", () => program.dispose?.());
}

function useBuffer(): void {
  const bytes = draw.integer(0, 64);
  const buffer = attempt("Buffer", () => new addon.Buffer(device, bytes)) as RawProgram | undefined;
  if (buffer === undefined) return;
  attempt("copyIn", () => buffer.copyIn?.(0, new Uint8Array(bytes)));
  for (let i = 0; i < 4; i++) {
    const method = draw.one(bufferMethods);
    const args = Array.from({ length: draw.integer(0, 3) }, () => garbage(draw));
    attempt(`garbage to ${method}`, () => buffer[method]?.(...args));
  }
}

async function main(): Promise<void> {
  setThreads(2);
  for (let round = 0; round < rounds; round++) {
    await useProgram();
    useBuffer();
    for (const name of ["Program", "Buffer", "setThreads", "kernels", "info", "takeError"]) {
      const args = [garbage(draw)];
      const make = addon[name] as Method & (new (...args: unknown[]) => unknown);
      if (name === "setThreads" && typeof args[0] === "number") continue;
      const isClass = name === "Program" || name === "Buffer";
      attempt(`garbage to ${name}`, () => (isClass ? new make(...args) : make(...args)));
    }
  }
  console.log(JSON.stringify(outcomes));
}

main();
