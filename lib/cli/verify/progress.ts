/** A bar on the terminal for what takes longer than a second. */

const cells = 30;
const patience = 1000;
const interval = 100;

export class Progress {
  readonly #total: number;
  readonly #out: NodeJS.WriteStream;
  readonly #start = Date.now();
  #drawn = 0;
  #done = 0;

  /** Draws nothing where `out` is no terminal. */
  constructor(total: number, out: NodeJS.WriteStream = process.stderr) {
    this.#total = total;
    this.#out = out;
  }

  /** One more is done; `next` is what comes next. */
  advance(next: string): void {
    this.#done += 1;
    const now = Date.now();
    if (!this.#out.isTTY || now - this.#start < patience || now - this.#drawn < interval) return;
    this.#drawn = now;
    const filled = Math.round((cells * this.#done) / this.#total);
    const bar = "█".repeat(filled).padEnd(cells, "░");
    const line = `${bar} ${this.#done} of ${this.#total}  ${next}`;
    this.#out.write(`\r\x1b[K${line.slice(0, (this.#out.columns ?? 80) - 1)}`);
  }

  /** Takes the bar away. */
  finish(): void {
    if (this.#drawn > 0) this.#out.write("\r\x1b[K");
  }
}
