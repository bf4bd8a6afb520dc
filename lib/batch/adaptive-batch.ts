/** Adaptive batch sizes over an optimizer: gradients in, steps and batch sizes out. */
import type { DevicePointer } from "../device-memory.js";
import { isDevicePointer } from "../device-memory.js";
import { LeanError } from "../errors.js";
import type { Optimizer, StepOptions } from "../optimizer.js";
import type { Arrays } from "../parameter-names.js";
import type { WeightArray, WeightDType } from "../tensor.js";
import {
  BatchController,
  type BatchOptions,
  type BatchPlan,
  type BatchState,
} from "./batch-controller.js";
import { needsCounts, needsProducts } from "./batch-test.js";
import { GradientAccumulator } from "./gradient-accumulator.js";

type Grads = Arrays<WeightArray | DevicePointer | null>;

export interface AdaptiveBatchOptions extends Omit<BatchOptions, "world"> {
  /** Element type of the micro-batches' gradients. Default "float32". */
  gradDtype?: WeightDType;
}

/**
 * Trains with batches that grow when the noise of their gradients asks for it (AdAdaGrad, arXiv
 * 2402.11215), over any recipe, without waiting for the device. It adds up the gradients of the
 * micro-batches in float32, reading each once, and steps with their mean. With `microBatch: 1` the
 * groups are single samples, and the estimates the published per-sample ones. On several ranks,
 * use {@link BatchController} with sums over all ranks.
 *
 * The inner-product tests read every micro-batch's gradient again in `step`, so those must then still
 * be there, each in memory of its own.
 *
 * @example
 * const batch = new AdaptiveBatch(optimizer, { batchSize: 64, maxBatchSize: 1024, microBatch: 16 });
 * for (let plan = batch.next(); plan.samples <= budget; plan = batch.next()) {
 *   for (let i = 0; i < plan.accumulation; i++) batch.add(gradients(plan, i));
 *   batch.step({ progress: plan.samples });
 * }
 */
export class AdaptiveBatch {
  readonly #optimizer: Optimizer;
  readonly #controller: BatchController;
  readonly #accumulator: GradientAccumulator;
  /** The groups' gradients, where a test reads them twice. */
  #groups: Grads[] = [];
  readonly #memory = new Set<string>();
  readonly #buffers = new Map<object, number>();
  readonly #letters: number;
  #posted = 0;

  /**
   * @throws LeanError ERR_LEAN_INVALID_ARG, ERR_LEAN_UNKNOWN_OPTION; ERR_LEAN_DTYPE where the optimizer
   *   does not take float32 gradients
   */
  constructor(optimizer: Optimizer, { gradDtype, ...options }: AdaptiveBatchOptions) {
    this.#optimizer = optimizer;
    this.#controller = new BatchController(options);
    const maxGroups = this.#controller.maxAccumulation;
    const hasCounts = needsCounts(this.#controller.test);
    this.#accumulator = new GradientAccumulator(optimizer, { maxGroups, gradDtype, hasCounts });
    this.#letters = (options.delay ?? 1) + 2;
  }

  /** What to take next, and why. */
  next(): BatchPlan {
    this.#accumulator.reset();
    this.#groups = [];
    this.#memory.clear();
    this.#buffers.clear();
    return this.#controller.next();
  }

  /**
   * Adds the gradients of one micro-batch, means over its samples. They may be reused at once, on a
   * device in the order of the optimizer's stream; but see the class for the inner-product tests.
   *
   * @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_SHAPE, ERR_LEAN_DTYPE, ERR_LEAN_INVALID_ARG,
   *   ERR_LEAN_ALIAS
   */
  add(grads: Grads): void {
    const isReadTwice = this.#isReadTwice;
    if (isReadTwice) this.#requireOwnMemory(grads);
    this.#accumulator.add(grads);
    if (isReadTwice) this.#groups.push(grads);
  }

  /**
   * Steps the optimizer with the mean of what was added, and observes it where a test is due. Takes
   * the options of {@link Optimizer.step} but for `grads`.
   *
   * @throws LeanError ERR_LEAN_INVALID_ARG where nothing was added; else as {@link Optimizer.step}
   */
  step(options: Omit<StepOptions, "grads"> = {}): void {
    const { groups, sums } = this.#accumulator;
    if (groups === 0) {
      throw new LeanError("ERR_LEAN_INVALID_ARG", "no gradients were added: call add() first", {
        parameter: "grads",
        value: 0,
      });
    }
    const { gradScale = 1 } = options;
    this.#optimizer.step({ ...options, grads: sums, gradScale: gradScale * groups });
    if (groups >= 2 && this.#controller.isTestDue) this.#observe();
  }

  /** Waits for tests under way. JSON, beside the optimizer's own state. */
  state(): BatchState {
    return this.#controller.state();
  }

  /** @throws LeanError ERR_LEAN_CHECKPOINT; see {@link BatchController.restore} */
  restore(state: BatchState): void {
    this.#controller.restore(state);
  }

  /** Frees the sums; the optimizer lives on. */
  dispose(): void {
    this.#accumulator.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #isReadTwice(): boolean {
    return needsProducts(this.#controller.test) && this.#controller.isTestDue;
  }

  #observe(): void {
    for (const grads of this.#groups) this.#accumulator.multiply(grads);
    if (needsCounts(this.#controller.test)) this.#accumulator.count();
    const number = this.#posted++ % this.#letters;
    this.#controller.observeLater(this.#accumulator.post(number));
  }

  #requireOwnMemory(grads: Grads): void {
    for (const grad of Object.values(grads)) {
      if (grad === null || grad === undefined) continue;
      const key = this.#addressOf(grad);
      if (this.#memory.has(key)) {
        throw new LeanError(
          "ERR_LEAN_ALIAS",
          `the test "${this.#controller.test.kind}" reads the gradients of all micro-batches again ` +
            "in step(): each needs memory of its own until then",
          { parameter: "grads" },
        );
      }
      this.#memory.add(key);
    }
  }

  /** What two gradients that begin in the same place have in common. */
  #addressOf(grad: WeightArray | DevicePointer): string {
    if (isDevicePointer(grad)) return String(typeof grad === "bigint" ? grad : grad.ptr);
    const number = this.#buffers.get(grad.buffer) ?? this.#buffers.size;
    this.#buffers.set(grad.buffer, number);
    return `${number}:${grad.byteOffset}`;
  }
}
