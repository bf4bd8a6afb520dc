/** Steps one matrix under watch and prints what it found: see peak-memory.bench.ts. */

import { adamSNSM, Optimizer, setThreads } from "../../lib/index.js";
import { noise } from "../support/data.js";
import { forgetPeak, peakBytes, residentBytes, touchedBytes } from "../support/resident.js";

export interface PeakMemoryRequest {
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly threads: number;
}

/** In bytes. */
export interface PeakMemory {
  readonly state: number;
  /** The most that was ever resident beyond what was before there was an optimizer. */
  readonly peak: number;
  /** Memory that a step without a refresh touches beyond weight, gradient and state. */
  readonly touched: number;
}

function watch({ rows, columns, rank, threads }: PeakMemoryRequest): PeakMemory {
  const data = noise(rows * columns, 0.02, 1);
  const grad = noise(rows * columns, 1e-3, 2);
  global.gc?.();
  const before = residentBytes();
  forgetPeak();

  const params = [{ name: "weight", shape: [rows, columns], data, grad }];
  const recipe = adamSNSM({ lr: 1e-6, rank, updateProjGap: 4 });
  setThreads(threads);
  const optimizer = new Optimizer([{ params, optimizer: recipe }]);
  // Refreshes at calls 1 and 5; 6 has none.
  for (let call = 1; call <= 5; call++) optimizer.step();
  const peak = peakBytes() - before;

  const idle = touchedBytes(() => {});
  const known = data.byteLength + grad.byteLength + optimizer.stateBytes;
  const touched = touchedBytes(() => optimizer.step()) - idle - known;
  return { state: optimizer.stateBytes, peak, touched };
}

const request = JSON.parse(process.argv[2] as string) as PeakMemoryRequest;
console.log(JSON.stringify(watch(request)));
