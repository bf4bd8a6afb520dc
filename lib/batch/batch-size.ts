/** Batch sizes that a training loop can do: whole micro-batches on every rank. */
import { LeanError } from "../errors.js";
import { requireInteger } from "../options.js";

export interface BatchGrid {
  /** Samples of one forward and backward pass on one rank. */
  readonly microBatch: number;
  /** Ranks that take equal shares of a batch. Default 1. */
  readonly world?: number;
}

/** Samples by which a batch can grow. */
export function stepOf({ microBatch, world = 1 }: BatchGrid): number {
  return microBatch * world;
}

/** Rounding of an estimate is not worth a micro-batch. */
const slack = 1e-9;

/** The least batch of at least `samples` that the grid has, up to the greatest within `most`. */
export function roundedBatch(samples: number, grid: BatchGrid, most: number): number {
  const step = stepOf(grid);
  const greatest = Math.floor(most / step) * step;
  return Math.min(Math.ceil((samples / step) * (1 - slack)) * step, greatest);
}

/** @throws LeanError ERR_LEAN_INVALID_ARG where there is no such batch, or none of two groups */
export function requireGrid(batchSize: number, grid: BatchGrid, most: number): void {
  requireInteger("microBatch", grid.microBatch, 1);
  requireInteger("world", grid.world ?? 1, 1);
  requireInteger("batchSize", batchSize, 1);
  requireInteger("maxBatchSize", most, 1);
  const step = stepOf(grid);
  const refuse = (parameter: string, value: number, why: string): never => {
    throw new LeanError("ERR_LEAN_INVALID_ARG", `${parameter} ${value} ${why}`, {
      parameter,
      value,
    });
  };
  if (most < batchSize) refuse("maxBatchSize", most, `is below batchSize ${batchSize}`);
  if (most < step) {
    refuse("maxBatchSize", most, `is less than one micro-batch on every rank, ${step} samples`);
  }
  if (roundedBatch(batchSize, grid, most) / grid.microBatch < 2) {
    refuse(
      "batchSize",
      batchSize,
      `is one group of ${grid.microBatch} samples; the noise of a gradient shows between groups, of ` +
        "which there must be two: take a smaller microBatch or more ranks",
    );
  }
}
