import type { Progress } from "./training/comparison.js";
import type { OptimizerName } from "./training/contenders.js";

/** Shows how far each optimizer is: one bar each, redrawn in place on a terminal. */
export interface ProgressDisplay {
  update(progress: Progress): void;
}

const BAR_WIDTH = 28;

/** A tenth of the way between two lines where there is no terminal to redraw. */
const PLAIN_LINES = 10;

/** Bars on `stream` for runs of `steps` steps; plain lines now and then if it is no terminal. */
export function progressDisplay(
  names: readonly OptimizerName[],
  steps: number,
  stream: NodeJS.WriteStream = process.stderr,
): ProgressDisplay {
  return stream.isTTY ? liveBars(names, steps, stream) : plainLines(steps, stream);
}

function liveBars(
  names: readonly OptimizerName[],
  steps: number,
  stream: NodeJS.WriteStream,
): ProgressDisplay {
  const lines = new Map<OptimizerName, string>(names.map((name) => [name, ""]));
  const start = performance.now();
  let drawn = false;
  return {
    update(progress) {
      lines.set(progress.name, progressLine(progress, steps));
      if (progress.name !== names.at(-1)) return;
      const elapsed = (performance.now() - start) / 1000;
      const left = (elapsed / progress.step) * (steps - progress.step);
      if (drawn) stream.write(`\x1b[${names.length + 1}A`);
      for (const line of lines.values()) stream.write(`\x1b[2K${line}\n`);
      stream.write(`\x1b[2K${formatTime(elapsed)} gone, about ${formatTime(left)} left\n`);
      drawn = true;
    },
  };
}

function plainLines(steps: number, stream: NodeJS.WriteStream): ProgressDisplay {
  const interval = Math.max(1, Math.floor(steps / PLAIN_LINES));
  return {
    update(progress) {
      if (progress.step % interval !== 0 && progress.step !== steps) return;
      stream.write(`${progressLine(progress, steps)}\n`);
    },
  };
}

/** `AdamW    ━━━━━━━━╌╌╌╌╌╌  120/1000  validation loss 4.210`. */
export function progressLine(
  { title, step, validationLoss }: Pick<Progress, "title" | "step" | "validationLoss">,
  steps: number,
): string {
  const filled = Math.round((BAR_WIDTH * step) / steps);
  const bar = "━".repeat(filled) + "╌".repeat(BAR_WIDTH - filled);
  const count = `${String(step).padStart(String(steps).length)}/${steps}`;
  const loss = validationLoss === undefined ? "" : `  validation loss ${validationLoss.toFixed(3)}`;
  return `${title.padEnd(8)} ${bar}  ${count}${loss}`;
}

function formatTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
