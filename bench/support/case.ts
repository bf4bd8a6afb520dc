/** What a `*.bench.ts` file exports: `export const cases: BenchCase[]`. */

export interface BenchCase {
  readonly name: string;
  /** Bytes a run has to move, each array counted once per read and once per write; 0: not told. */
  readonly bytes: number;
  /** Floating-point operations of its products; 0: not told. */
  readonly flops: number;
  /** Makes the data. Nothing of it is timed. */
  setup(threads: number): BenchSubject;
  readonly peers?: readonly Peer[];
}

export interface BenchSubject {
  run(): void;
  dispose?(): void;
}

/** A Python optimizer on tensors of the same shapes and type: see bench/peers. */
export interface Peer {
  /** How it is called in tables. */
  readonly name: string;
  /** Its name in bench/peers/peers.py. */
  readonly peer: string;
  readonly arguments: Readonly<Record<string, number | boolean | string>>;
  readonly shapes: readonly (readonly number[])[];
  readonly dtype: string;
  /** PyTorch's name of it; default: cpu. */
  readonly device?: string;
  /** A goal: our time is to be at most this share of the peer's. */
  readonly atMost?: number;
}
