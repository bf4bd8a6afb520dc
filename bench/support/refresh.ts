/** Cases for the kernels that give a weight a new basis of its shorter side. */
import { counterNames, type KernelName } from "../../lib/native.js";
import { numel } from "../../lib/tensor.js";
import type { BenchCase, Peer } from "./case.js";
import type { Shape } from "./data.js";
import { basis, gradient, kernelCase, momentum, stepCounters, stepScalars } from "./kernel.js";

const HAS_BASIS = counterNames.indexOf("hasBasis");

export interface RefreshCase {
  readonly shape: Shape;
  readonly rank: number;
  readonly label: string;
  /** How often the gradient is read. */
  readonly reads?: number;
  readonly flops: number;
  readonly fields?: Readonly<Record<string, number | boolean | string>>;
  /** Whether the weight has a basis already. Default true. */
  readonly hasBasis?: boolean;
  readonly peers?: readonly Peer[];
}

export function refreshCase(kernel: KernelName, options: RefreshCase): BenchCase {
  const { shape, rank, label, reads = 0, flops, fields, hasBasis = true, peers } = options;
  const [rows, columns] = shape;
  const right = rows >= columns;
  const [short, long] = right ? [columns, rows] : [rows, columns];
  const made = kernelCase(kernel, {
    name: `${rows}x${columns}, rank ${rank}, ${label}`,
    bytes: reads * 4 * numel(shape),
    flops,
    item: () => ({
      grad: gradient(shape),
      basis: basis(short, rank),
      expAvg: momentum(right ? [long, rank] : [rank, long]),
      counters: stepCounters(),
      scalars: stepScalars({ refresh: 1 }),
      side: right ? "right" : "left",
      ...fields,
    }),
    before({ counters }) {
      (counters.data as BigInt64Array)[HAS_BASIS] = hasBasis ? 1n : 0n;
    },
  });
  return peers === undefined ? made : { ...made, peers };
}

/** torch.linalg.svd of a gradient of that shape, in whose place the refresh is. */
export function svdPeer(shape: Shape, atMost?: number): Peer {
  return {
    name: "torch.linalg.svd",
    peer: "torch svd",
    arguments: {},
    shapes: [shape],
    dtype: "float32",
    ...(atMost !== undefined && { atMost }),
  };
}
