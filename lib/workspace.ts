/** Memory of a program's that is valid within one run: where its tensors lie. */
import type { TensorSpec } from "./native.js";
import { bytesPerElement, type DType, numel } from "./tensor.js";

/** Tensors start at multiples of a cache line. */
const alignment = 64;

/** Elements that one float64 partial sum covers. */
const pieceLength = 65536;

/** Hands out workspace tensors, one after another. */
export class Workspace {
  bytes = 0;

  take(dtype: DType, shape: readonly number[]): TensorSpec & { readonly offset: number } {
    const offset = this.bytes;
    const end = offset + numel(shape) * bytesPerElement[dtype];
    this.bytes = Math.ceil(end / alignment) * alignment;
    return { place: "workspace", offset, dtype, shape };
  }
}

/** Partial sums of a tensor with so many elements: at least one. */
export function pieceCount(elements: number): number {
  return Math.max(1, Math.ceil(elements / pieceLength));
}

/** `count` entries along the first dimension, from `first` on. */
export function part(tensor: TensorSpec, first: number, count: number): TensorSpec {
  const shape = [count, ...tensor.shape.slice(1)];
  const bytes = bytesPerElement[tensor.dtype] * numel(tensor.shape.slice(1));
  return { ...tensor, offset: (tensor.offset ?? 0) + first * bytes, shape };
}
