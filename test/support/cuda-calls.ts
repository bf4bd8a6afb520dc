/**
 * What somebody who owns streams, events and memory does beside the addon: calls of the runtime that
 * the interpreter's addon exports for tests (csrc/addon/simt). Handles and addresses are BigInts;
 * what CUDA refuses is thrown, with the error's name as the message.
 */
import { loadBinding } from "../../lib/binding.js";
import { cudaBackends } from "./backends.js";

export interface CudaCalls {
  createStream(kind: "blocking" | "nonBlocking"): bigint;
  destroyStream(stream: bigint): void;
  synchronizeStream(stream: bigint): void;
  createEvent(): bigint;
  destroyEvent(event: bigint): void;
  recordEvent(event: bigint, stream: bigint): void;
  waitEvent(stream: bigint, event: bigint): void;
  /** Of the strictest kind, which refuses whatever could wait for the stream. */
  beginCapture(stream: bigint): void;
  /** The graph is ready to be launched; `kernels` is the number of its kernel nodes. */
  endCapture(stream: bigint): { readonly graph: bigint; readonly kernels: number };
  launchGraph(graph: bigint, stream: bigint): void;
  destroyGraph(graph: bigint): void;
  /** Within the device's memory. */
  copy(to: bigint, from: bigint, bytes: number, stream: bigint): void;
  /** Foreign memory is another device's. */
  allocate(kind: "pinned" | "managed" | "foreign", bytes: number): bigint;
  freeBytes(): number;
  /** Of the device in all. */
  limitMemory(bytes: number): void;
  /** When work in streams runs (LEAN_SIMT_STREAMS). */
  streams(when: "now" | "late", seed: number): void;
  /**
   * Whether calls of libraries get through: while "shut" they stop in the thread that makes them,
   * and all others go on; "failing", the next one fails.
   */
  libraries(gate: "open" | "shut" | "failing"): void;
  /** How many of them did not get through at once, so far. */
  callsStopped(): number;
}

/** Undefined where the interpreter was not built. */
export const cudaCalls: CudaCalls | undefined = cudaBackends.includes("simt")
  ? (loadBinding("simt") as { cuda: CudaCalls }).cuda
  : undefined;
