import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

/**
 * Makes wasm tfjs's backend and returns its description. It computes on one thread: tfjs switches
 * wasm threads off under Node (its workers are started from Blob URLs, which Node's workers do
 * not take; tensorflow/tfjs issue 3830).
 */
export async function useWasm(): Promise<string> {
  if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend of tfjs did not start");
  await tf.ready();
  const simd = (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) === true;
  return `@tensorflow/tfjs ${tf.version.tfjs}, wasm backend, ${simd ? "SIMD, " : ""}one thread`;
}
